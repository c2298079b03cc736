// A run, read once and kept up to date until it has ended.
import { useEffect, useReducer, useState } from "react";
import { type Client, type CombinedError, useClient } from "urql";
import { follow } from "../shared/live";
import { hasEnded } from "../shared/status";
import { runChangesQuery, runQuery, runUpdatesSubscription } from "./run-queries";
import { type RunView, runView, withNews } from "./run-updates";

const AFTER_AN_ERROR_MS = 2000;
const NOT_FROM_CACHE = { requestPolicy: "network-only" } as const;

export type RunState =
  | { kind: "loading" }
  | { kind: "missing" }
  | { kind: "failed"; error: CombinedError }
  | { kind: "there"; view: RunView };

/** The run's state, and the function that reads it anew after it could not be read. */
export function useRun(runId: string): [RunState, () => void] {
  const client = useClient();
  const [state, setState] = useState(() => remembered(client, runId));
  const [tries, tryAgain] = useReducer((count: number) => count + 1, 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: read once more at each try
  useEffect(() => followRun(client, runId, setState), [client, runId, tries]);
  return [state, tryAgain];
}

/** What was read of it when it was looked at last. */
function remembered(client: Client, runId: string): RunState {
  const run = client.readQuery(runQuery, { runId })?.data?.run;
  return run ? { kind: "there", view: runView(run) } : { kind: "loading" };
}

function followRun(client: Client, runId: string, tell: (state: RunState) => void): () => void {
  let isStopped = false;
  let stopUpdates = () => {};

  const ask = () => client.query(runQuery, { runId }, NOT_FROM_CACHE).toPromise();

  async function wholeView(): Promise<RunView | null> {
    const { data } = await ask();
    return data?.run ? runView(data.run) : null;
  }

  async function read(): Promise<void> {
    const { data, error } = await ask();
    if (isStopped) return;
    if (!data) return tell(error ? { kind: "failed", error } : { kind: "missing" });
    if (!data.run) return tell({ kind: "missing" });
    const view = runView(data.run);
    tell({ kind: "there", view });
    if (!hasEnded(view.run.status)) followUpdates(view);
  }

  /** The subscription tells that something has moved; what, is asked. Only one question is on its way at a time. */
  function followUpdates(first: RunView): void {
    let view = first;
    // The version that was told last, until it is there.
    let told: string | null = null;
    let isAsking = false;

    async function catchUp(): Promise<void> {
      if (isAsking) return;
      isAsking = true;
      while (!isStopped && told !== null && told !== view.run.version) {
        told = null;
        const variables = { runId, since: view.run.version };
        const answer = await client.query(runChangesQuery, variables, NOT_FROM_CACHE).toPromise();
        if (isStopped) return;
        const next = answer.data?.run && (withNews(view, answer.data.run) ?? (await wholeView()));
        if (isStopped) return;
        if (next) {
          view = next;
          tell({ kind: "there", view });
        } else {
          told ??= "";
          await new Promise((resolve) => setTimeout(resolve, AFTER_AN_ERROR_MS));
        }
      }
      isAsking = false;
    }

    stopUpdates = follow({
      document: runUpdatesSubscription,
      variables: () => ({ runId }),
      onData({ runUpdates }) {
        told = runUpdates.version;
        void catchUp();
      },
    });
  }

  void read();
  return () => {
    isStopped = true;
    stopUpdates();
  };
}
