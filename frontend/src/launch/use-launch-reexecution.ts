// Launches a re-execution as its plan was looked at.
import { useEffect, useMemo } from "react";
import { useMutation } from "urql";
import { graphql } from "../shared/graphql";
import { newIdempotencyKey } from "./idempotency-key";
import { launchProblemFields } from "./launch-problem";
import { type Plan, planFields } from "./plan-fields";
import type { TagPair } from "./tags-text";
import { useLaunching } from "./use-launching";
import type { ReexecutionArguments } from "./use-reexecution-plan";

const launchMutation = graphql(
  `
    mutation LaunchReexecution(
      $parentRunId: ID!
      $strategy: ReexecutionStrategy!
      $selection: [String!]
      $runConfig: JSON
      $tags: [TagInput!]!
      $reason: String
      $idempotencyKey: String!
      $planId: ID!
    ) {
      launchReexecution(
        parentRunId: $parentRunId
        strategy: $strategy
        selection: $selection
        runConfig: $runConfig
        tags: $tags
        reason: $reason
        idempotencyKey: $idempotencyKey
        planId: $planId
      ) {
        __typename
        ... on LaunchRunSuccess {
          run {
            id
          }
        }
        ... on StalePlanError {
          plan {
            ...PlanFields
          }
        }
        ...LaunchProblemFields
      }
    }
  `,
  [planFields, launchProblemFields],
);

export function useLaunchReexecution(
  asked: ReexecutionArguments,
  tags: readonly TagPair[],
  onLaunched: (runId: string) => void,
) {
  const [, send] = useMutation(launchMutation);
  const { launching, launch, forget } = useLaunching(onLaunched);
  const argumentsText = JSON.stringify([asked, tags]);
  const idempotencyKey = useKey(argumentsText);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what came of other arguments matters no more
  useEffect(forget, [argumentsText]);

  function launchPlan(plan: Plan, reason: string): void {
    const variables = {
      ...asked,
      tags: [...tags],
      reason: reason.trim() || null,
      idempotencyKey,
      planId: plan.id,
    };
    void launch(async () => {
      const { data, error } = await send(variables);
      return { answer: data?.launchReexecution, error };
    });
  }

  return { launching, launchPlan };
}

/** One key as long as the same is asked: sent again after a lost answer, it answers the run launched before. */
export function useKey(argumentsText: string): string {
  // biome-ignore lint/correctness/useExhaustiveDependencies: new where the arguments are
  return useMemo(newIdempotencyKey, [argumentsText]);
}
