// A page of the list, of groups or of runs, as rows of one shape (pure).
import type { ResultOf } from "../shared/graphql";
import type { RunStatus } from "../shared/status";
import type { groupsQuery, ListedRun, runsQuery } from "./runs-queries";

export interface RunsRow {
  key: string;
  /** Of the group; in a list of runs, of the run. */
  status: RunStatus;
  /** The group's newest run. */
  run: ListedRun;
  /** All of the group, oldest first; empty in a list of runs. */
  trail: readonly { id: string; status: RunStatus }[];
}

export interface RunsList {
  rows: readonly RunsRow[];
  /** 10,001 stands for more than 10,000. */
  totalCount: number;
  /** Where the next page begins; null on the last one. */
  next: string | null;
}

export function listOfGroups({ runGroups }: ResultOf<typeof groupsQuery>): RunsList {
  return {
    rows: runGroups.edges.map(({ node }) => ({
      key: node.rootRunId,
      status: node.status,
      run: node.newestRun,
      trail: node.runs,
    })),
    ...placeOf(runGroups),
  };
}

export function listOfRuns({ runs }: ResultOf<typeof runsQuery>): RunsList {
  return {
    rows: runs.edges.map(({ node }) => ({ key: node.id, status: node.status, run: node, trail: [] })),
    ...placeOf(runs),
  };
}

interface Page {
  totalCount: number;
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

function placeOf({ totalCount, pageInfo }: Page): Pick<RunsList, "totalCount" | "next"> {
  return { totalCount, next: pageInfo.hasNextPage ? pageInfo.endCursor : null };
}

export function countText(count: number, one: string): string {
  if (count > 10_000) return `more than 10,000 ${one}s`;
  return count === 1 ? `1 ${one}` : `${count.toLocaleString("en")} ${one}s`;
}
