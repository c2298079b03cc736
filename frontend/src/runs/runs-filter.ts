// What is asked of the service for what the address of the list says (pure).
import type { VariablesOf } from "../shared/graphql";
import type { groupsQuery } from "./runs-queries";
import type { RunsSearch } from "./runs-search";

export type RunFilter = NonNullable<VariablesOf<typeof groupsQuery>["filter"]>;

export function filterOf(search: RunsSearch): RunFilter {
  const filter: RunFilter = {};
  if (search.pipeline !== undefined) filter.pipelineName = search.pipeline;
  if (search.unresolved) filter.unresolvedOnly = true;
  const [, key, value] = /^([^=]+)=(.*)$/.exec(search.tag ?? "") ?? [];
  if (key !== undefined && value !== undefined) filter.tags = [{ key, value }];
  if (search.status !== undefined) {
    filter.statuses =
      search.status === "active" ? ["QUEUED", "STARTING", "RUNNING", "CANCELING"] : [search.status];
  }
  return filter;
}

/** What is to be mended, in the pipeline that is looked at. */
export function unresolvedIn({ pipeline }: RunsSearch): RunFilter {
  return pipeline === undefined ? { unresolvedOnly: true } : { unresolvedOnly: true, pipelineName: pipeline };
}

export function isFiltered(search: RunsSearch): boolean {
  return Object.keys(filterOf(search)).length > 0;
}
