// Which ways there are to re-execute each of a few runs.
import { useEffect, useState } from "react";
import { useClient } from "urql";
import type { ReexecutionOption } from "../launch/reexecution-choices";
import { runOptionsQuery } from "./bulk-queries";

/** By strategy. */
export type RunOptions = Partial<Record<ReexecutionOption["strategy"], ReexecutionOption>>;

/** By run id; those that are not known yet are left out. */
export function useRunOptions(runIds: readonly string[]): ReadonlyMap<string, RunOptions> {
  const client = useClient();
  const [known, setKnown] = useState<ReadonlyMap<string, RunOptions>>(new Map());
  const ids = runIds.join(" ");
  useEffect(() => {
    const asked = ids.split(" ").map((runId) =>
      client.query(runOptionsQuery, { runId }, { requestPolicy: "network-only" }).subscribe(({ data }) => {
        const options = data?.run?.reexecutionOptions;
        if (!options) return;
        const byStrategy = Object.fromEntries(options.map((option) => [option.strategy, option]));
        setKnown((old) => new Map(old).set(runId, byStrategy));
      }),
    );
    return () => asked.forEach(({ unsubscribe }) => void unsubscribe());
  }, [client, ids]);
  return known;
}
