// What the address of the list of runs says (pure).
import { defined, oneOf, textOf } from "../shared/search";

export const STATUSES = ["active", "SUCCESS", "FAILURE", "CANCELED"] as const;

export interface RunsSearch {
  /** One row a group, unless every run is asked for. */
  by?: "run";
  pipeline?: string;
  status?: (typeof STATUSES)[number];
  /** Failed or cancelled, and nothing since has mended it. */
  unresolved?: true;
  /** A tag, as name=value. */
  tag?: string;
  /** Work on many runs that is looked at. */
  bulk?: string;
  /** The cursor that the page begins after. */
  after?: string;
}

export function parseRunsSearch(search: Record<string, unknown>): RunsSearch {
  return defined<RunsSearch>({
    by: oneOf(["run"], search.by),
    pipeline: textOf(search.pipeline),
    status: oneOf(STATUSES, search.status),
    unresolved: search.unresolved === true ? true : undefined,
    tag: textOf(search.tag),
    bulk: textOf(search.bulk),
    after: textOf(search.after),
  });
}
