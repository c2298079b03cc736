// Asks what a re-execution would do.
import { useEffect, useState } from "react";
import { type CombinedError, useQuery } from "urql";
import { graphql, type Json } from "../shared/graphql";
import { useOnServedChange } from "../shared/use-workers";
import { type LaunchProblem, launchProblemFields } from "./launch-problem";
import { type Plan, planFields, type Strategy } from "./plan-fields";

const planQuery = graphql(
  `
    query ReexecutionPlan(
      $parentRunId: ID!
      $strategy: ReexecutionStrategy!
      $selection: [String!]
      $runConfig: JSON
    ) {
      reexecutionPlan(
        parentRunId: $parentRunId
        strategy: $strategy
        selection: $selection
        runConfig: $runConfig
      ) {
        __typename
        ...PlanFields
        ...LaunchProblemFields
      }
    }
  `,
  [planFields, launchProblemFields],
);

export interface ReexecutionArguments {
  parentRunId: string;
  strategy: Strategy;
  /** Null where the strategy takes none. */
  selection: string[] | null;
  /** Null: the parent's. */
  runConfig: Json;
}

export type PlanResult = Plan | LaunchProblem;

export interface PlanAnswer {
  isAsking: boolean;
  /** While another is asked for, the one before. */
  plan: Plan | null;
  problem: LaunchProblem | null;
  error: CombinedError | null;
  askAgain: () => void;
}

export function useReexecutionPlan(asked: ReexecutionArguments, pause = false): PlanAnswer {
  const [{ data, error, fetching, stale }, ask] = useQuery({
    query: planQuery,
    variables: { ...asked },
    requestPolicy: "network-only",
    pause,
  });
  return usePlanAnswer(data?.reexecutionPlan, error, fetching || stale, () =>
    ask({ requestPolicy: "network-only" }),
  );
}

/** An answer as it is shown: what was answered last stands until the next answer is there. */
export function usePlanAnswer(
  result: PlanResult | undefined,
  error: CombinedError | undefined,
  isAsking: boolean,
  askAgain: () => void,
): PlanAnswer {
  useOnServedChange(() => {
    if (result) askAgain();
  });
  const [last, setLast] = useState<PlanResult>();
  useEffect(() => {
    if (result && !isAsking) setLast(result);
  }, [result, isAsking]);
  const shown = isAsking ? last : result;
  return {
    isAsking,
    plan: shown && isPlan(shown) ? shown : null,
    problem: shown && !isPlan(shown) ? shown : null,
    error: error ?? null,
    askAgain,
  };
}

function isPlan(result: PlanResult): result is Plan {
  return "stepKeysToExecute" in result;
}

/** What stands where a plan's totals would. */
export function withoutPlan({ problem, error }: PlanAnswer): string {
  return problem || error ? "It cannot be launched like this." : "Making the plan …";
}
