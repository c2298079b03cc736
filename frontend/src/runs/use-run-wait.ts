// What a run waits for, or what follows it by itself, asked again while that may change.
import { useQuery } from "urql";
import { useAgainWhile } from "../shared/use-again-while";
import { useRunNews } from "../shared/use-run-news";
import { type AutomaticRetry, type Run, runWaitQuery } from "./run-queries";

export interface RunWait {
  whyQueued: string | null;
  automaticRetry: AutomaticRetry | null;
}

/** Null until it is known. */
export function useRunWait(run: Run): RunWait | null {
  const [{ data }, ask] = useQuery({ query: runWaitQuery, variables: { runId: run.id } });
  const wait = data?.run ?? null;
  const retry = wait?.automaticRetry;
  // A retry follows as soon as a worker launches it.
  const isToCome = retry != null && retry.runId === null && retry.refusal === null;
  const mayChange = run.status === "QUEUED" || isToCome;

  const askAgain = () => ask({ requestPolicy: "network-only" });
  useAgainWhile(mayChange, askAgain);
  useRunNews(askAgain, (moved) => mayChange && moved.rootRunId === run.rootRunId);
  return wait;
}
