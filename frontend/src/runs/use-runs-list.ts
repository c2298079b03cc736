// A page of the list of runs, asked again when runs move.
import { useMemo } from "react";
import { useQuery } from "urql";
import { useAgainWhile } from "../shared/use-again-while";
import { useRunNews } from "../shared/use-run-news";
import { filterOf, unresolvedIn } from "./runs-filter";
import { filtersQuery, groupsQuery, runsQuery } from "./runs-queries";
import { listOfGroups, listOfRuns } from "./runs-rows";
import type { RunsSearch } from "./runs-search";

const PAGE_SIZE = 25;

export function useRunsList(search: RunsSearch) {
  const isByRun = search.by === "run";
  const variables = { filter: filterOf(search), first: PAGE_SIZE, after: search.after ?? null };
  const [groups, askGroups] = useQuery({ query: groupsQuery, variables, pause: isByRun });
  const [runs, askRuns] = useQuery({ query: runsQuery, variables, pause: !isByRun });
  const [filters, askFilters] = useQuery({
    query: filtersQuery,
    variables: { unresolved: unresolvedIn(search), filter: filterOf(search) },
  });

  const list = useMemo(() => {
    if (isByRun) return runs.data ? listOfRuns(runs.data) : null;
    return groups.data ? listOfGroups(groups.data) : null;
  }, [isByRun, groups.data, runs.data]);

  function askAgain(): void {
    (isByRun ? askRuns : askGroups)({ requestPolicy: "network-only" });
    askFilters({ requestPolicy: "network-only" });
  }
  useRunNews(askAgain);
  // What a run waits for may change without any news of the run.
  useAgainWhile(list?.rows.some(({ run }) => run.status === "QUEUED") ?? false, askAgain);

  const unresolved = isByRun ? filters.data?.runs.totalCount : filters.data?.runGroups.totalCount;
  return {
    list,
    /** Another one where it is another list: until the next page is there, what is shown is the one before. */
    listKey: (isByRun ? runs : groups).operation?.key ?? 0,
    error: (isByRun ? runs : groups).error,
    pipelineNames: filters.data?.pipelines.map((pipeline) => pipeline.name) ?? null,
    /** How many are failed and unresolved; null until it is known. */
    unresolvedCount: unresolved ?? null,
    /** How many runs match, in a list of groups too; null until it is known. */
    matchingRuns: filters.data?.matching.totalCount ?? null,
    askAgain,
  };
}
