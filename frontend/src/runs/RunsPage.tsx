// The first page: what ran, group by group, and what asks for attention.
import { getRouteApi } from "@tanstack/react-router";
import { QueryError } from "../shared/ErrorMessage";
import { LoadingPanel } from "../shared/Skeleton";
import { useTitle } from "../shared/use-title";
import { NoRuns } from "./NoRuns";
import { NothingMatches } from "./NothingMatches";
import { RunsFilters } from "./RunsFilters";
import { RunsPaging } from "./RunsPaging";
import { RunsTable } from "./RunsTable";
import { isFiltered } from "./runs-filter";
import { useRunsList } from "./use-runs-list";

const route = getRouteApi("/");

export function RunsPage() {
  useTitle("Runs");
  const search = route.useSearch();
  const { list, error, pipelineNames, unresolvedCount, askAgain } = useRunsList(search);
  const isEmpty = list?.rows.length === 0;
  if (isEmpty && !isFiltered(search) && search.after === undefined) return <NoRuns />;
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h1 className="text-xl font-semibold">Runs</h1>
        <RunsFilters pipelineNames={pipelineNames} unresolvedCount={unresolvedCount} />
      </div>
      {error && <QueryError error={error} onRetry={askAgain} />}
      {!list && !error && <LoadingPanel label="Reading the runs" className="h-[36rem]" />}
      {list && (isEmpty ? <NothingMatches /> : <RunsTable key={JSON.stringify(search)} rows={list.rows} />)}
      {list && <RunsPaging totalCount={list.totalCount} next={list.next} />}
    </div>
  );
}
