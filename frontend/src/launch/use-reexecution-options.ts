// Which ways there are to re-execute a run. They change with the run and with the code, so they are asked again.
import { useEffect } from "react";
import { useQuery } from "urql";
import { graphql } from "../shared/graphql";
import { hasEnded } from "../shared/status";
import { useOnServedChange } from "../shared/use-workers";
import type { ReexecuteRun } from "./reexecute-run";
import type { ReexecutionOption } from "./reexecution-choices";

const optionsQuery = graphql(`
  query ReexecutionOptions($runId: ID!) {
    run(id: $runId) {
      id
      reexecutionOptions {
        strategy
        enabled
        disabledReason
        stepKeys
      }
    }
  }
`);

interface Options {
  /** Null until they are known. */
  options: readonly ReexecutionOption[] | null;
  askAgain: () => void;
}

export function useReexecutionOptions(run: ReexecuteRun): Options {
  const [{ data }, ask] = useQuery({
    query: optionsQuery,
    variables: { runId: run.id },
    requestPolicy: "cache-and-network",
  });
  const askAgain = () => ask({ requestPolicy: "network-only" });
  // What moves while it runs does not matter: nothing can be re-executed before the end.
  const state = hasEnded(run.status) ? run.version : "running";
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again when the run has moved
  useEffect(() => ask({ requestPolicy: "network-only" }), [ask, state]);
  // The code may have been edited meanwhile.
  useOnServedChange(askAgain);
  return { options: data?.run?.reexecutionOptions ?? null, askAgain };
}
