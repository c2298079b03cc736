// What launching a pipeline would do, and doing it.
import { useEffect } from "react";
import { useMutation, useQuery } from "urql";
import { graphql, type Json } from "../shared/graphql";
import { launchProblemFields } from "./launch-problem";
import { planFields } from "./plan-fields";
import type { TagPair } from "./tags-text";
import { useKey } from "./use-launch-reexecution";
import { useLaunching } from "./use-launching";
import { type PlanAnswer, usePlanAnswer } from "./use-reexecution-plan";

const planQuery = graphql(
  `
    query RunPlan($pipelineName: String!, $mode: String, $runConfig: JSON, $selection: [String!]) {
      runPlan(pipelineName: $pipelineName, mode: $mode, runConfig: $runConfig, selection: $selection) {
        __typename
        ...PlanFields
        ...LaunchProblemFields
      }
    }
  `,
  [planFields, launchProblemFields],
);

const launchMutation = graphql(
  `
    mutation LaunchRun(
      $pipelineName: String!
      $mode: String
      $runConfig: JSON
      $selection: [String!]
      $tags: [TagInput!]!
      $reason: String
      $idempotencyKey: String!
    ) {
      launchRun(
        pipelineName: $pipelineName
        mode: $mode
        runConfig: $runConfig
        selection: $selection
        tags: $tags
        reason: $reason
        idempotencyKey: $idempotencyKey
      ) {
        __typename
        ... on LaunchRunSuccess {
          run {
            id
          }
        }
        ...LaunchProblemFields
      }
    }
  `,
  [launchProblemFields],
);

export interface RunArguments {
  pipelineName: string;
  mode: string;
  runConfig: Json;
  /** Null: every step. */
  selection: string[] | null;
}

export function useRunPlan(asked: RunArguments, pause: boolean): PlanAnswer {
  const [{ data, error, fetching, stale }, ask] = useQuery({
    query: planQuery,
    variables: { ...asked },
    requestPolicy: "network-only",
    pause,
  });
  return usePlanAnswer(data?.runPlan, error, fetching || stale, () => ask({ requestPolicy: "network-only" }));
}

export function useLaunchRun(
  asked: RunArguments,
  tags: readonly TagPair[],
  onLaunched: (runId: string) => void,
) {
  const [, send] = useMutation(launchMutation);
  const { launching, launch, forget } = useLaunching(onLaunched);
  const argumentsText = JSON.stringify([asked, tags]);
  const idempotencyKey = useKey(argumentsText);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what came of other arguments matters no more
  useEffect(forget, [argumentsText]);

  function launchRun(reason: string): void {
    void launch(async () => {
      const { data, error } = await send({
        ...asked,
        tags: [...tags],
        reason: reason.trim() || null,
        idempotencyKey,
      });
      return { answer: data?.launchRun, error };
    });
  }

  return { launching, launchRun };
}
