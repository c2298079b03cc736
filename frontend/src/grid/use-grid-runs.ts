// The newest runs of a pipeline with their steps; of a run that has not moved nothing is asked again.
import { useEffect, useMemo, useRef, useState } from "react";
import { type Client, type CombinedError, useClient, useQuery } from "urql";
import { stalenessOf } from "../launch/plan-warnings";
import { stepRows } from "../runs/run-updates";
import { useRunNews } from "../shared/use-run-news";
import type { GridRun, GridStep } from "./grid-layout";
import { gridColumnQuery, gridRunsQuery } from "./grid-queries";

interface Column {
  steps: readonly GridStep[];
  staleKeys: ReadonlySet<string>;
}

export interface GridRuns {
  /** Newest first; null until they are known. */
  runs: readonly GridRun[] | null;
  error: CombinedError | null;
  askAgain: () => void;
}

const NO_KEYS: ReadonlySet<string> = new Set();

export function useGridRuns(name: string, first: number): GridRuns {
  const [{ data, error }, ask] = useQuery({ query: gridRunsQuery, variables: { name, first } });
  const askAgain = () => ask({ requestPolicy: "network-only" });
  useRunNews(askAgain, (run) => run.pipelineName === name);
  const edges = data?.pipeline?.runs.edges;
  const listed = useMemo(() => edges?.map(({ node }) => node), [edges]);
  const columns = useColumns(listed ?? []);
  const runs = useMemo(
    () =>
      listed?.map((run) => {
        const column = columns.get(run.id);
        return { ...run, steps: column?.steps ?? null, staleKeys: column?.staleKeys ?? NO_KEYS };
      }) ?? null,
    [listed, columns],
  );
  return { runs, error: error ?? null, askAgain };
}

interface Versioned {
  id: string;
  version: string;
}

/** The steps of each run by its id; those of a run that has moved stay until the new ones are there. */
function useColumns(runs: readonly Versioned[]): ReadonlyMap<string, Column> {
  const client = useClient();
  const [columns, setColumns] = useState<ReadonlyMap<string, Column>>(new Map());
  const asked = useRef(new Map<string, string>());
  useEffect(() => {
    for (const { id, version } of runs) {
      if (asked.current.get(id) === version) continue;
      asked.current.set(id, version);
      void readColumn(client, id, version).then((column) => {
        if (asked.current.get(id) !== version) return;
        if (column) setColumns((before) => new Map(before).set(id, column));
        // Asked for once more when the list is.
        else asked.current.delete(id);
      });
    }
  }, [client, runs]);
  return columns;
}

async function readColumn(client: Client, runId: string, version: string): Promise<Column | null> {
  const known = client.readQuery(gridColumnQuery, { runId })?.data?.run;
  const isCurrent = known?.version === version;
  const run = isCurrent
    ? known
    : (await client.query(gridColumnQuery, { runId }, { requestPolicy: "network-only" }).toPromise()).data
        ?.run;
  if (!run) return null;
  return { steps: stepRows(run.stepTable), staleKeys: new Set(stalenessOf(run.plan?.warnings ?? [])) };
}
