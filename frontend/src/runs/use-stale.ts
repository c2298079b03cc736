// Which steps stand on something that has since been replaced: as judged when a run was launched, and as it is now.
import { useMemo } from "react";
import { useQuery } from "urql";
import { stalenessOf } from "../launch/plan-warnings";
import { graphql } from "../shared/graphql";
import { hasEnded } from "../shared/status";
import { useOnServedChange } from "../shared/use-workers";
import type { Run } from "./run-queries";
import type { RunGroup } from "./use-group";

const launchedWarningsQuery = graphql(`
  query LaunchedWarnings($runId: ID!) {
    run(id: $runId) {
      id
      plan {
        warnings {
          kind
          stepKeysToAdd
        }
      }
    }
  }
`);

const staleNowQuery = graphql(`
  query StaleNow($runId: ID!) {
    run(id: $runId) {
      id
      selectSteps(selection: ["is:stale"]) {
        __typename
        ... on StepSelection {
          stepKeys
        }
      }
    }
  }
`);

/** The reused steps of a run whose outputs were stale when it was launched; that never changes. */
export function useStaleAtLaunch(run: Run): ReadonlySet<string> {
  const [{ data }] = useQuery({
    query: launchedWarningsQuery,
    variables: { runId: run.id },
    requestPolicy: "cache-first",
    pause: run.parentRunId === null,
  });
  const warnings = data?.run?.plan?.warnings;
  return useMemo(() => new Set(stalenessOf(warnings ?? [])), [warnings]);
}

/** Those of a group whose outputs are stale now, in topological order: where there are any, the group is mixed. */
export function useStaleNow(group: RunGroup | null): readonly string[] {
  const newest = group?.newestRun;
  const isSettled = newest !== undefined && hasEnded(newest.status);
  const [{ data }, ask] = useQuery({
    query: staleNowQuery,
    variables: { runId: newest?.id ?? "" },
    requestPolicy: "cache-and-network",
    pause: !isSettled,
  });
  useOnServedChange(() => {
    if (isSettled) ask({ requestPolicy: "network-only" });
  });
  const found = isSettled && data?.run?.id === newest.id ? data.run.selectSteps : null;
  return found?.__typename === "StepSelection" ? found.stepKeys : [];
}
