// The first page: what ran, group by group, and what asks for attention.
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { FilteredRunsAction, SelectedRunsBar } from "../bulk/BulkActions";
import { BulkProgress } from "../bulk/BulkProgress";
import { QueryError } from "../shared/ErrorMessage";
import { LoadingPanel } from "../shared/Skeleton";
import { defined } from "../shared/search";
import { useTitle } from "../shared/use-title";
import { NoRuns } from "./NoRuns";
import { NothingMatches } from "./NothingMatches";
import { RunsFilters } from "./RunsFilters";
import { RunsPaging } from "./RunsPaging";
import { RunsTable } from "./RunsTable";
import { filterOf, isFiltered } from "./runs-filter";
import type { ListedRun } from "./runs-queries";
import type { RunsSearch } from "./runs-search";
import { useRunsList } from "./use-runs-list";

const route = getRouteApi("/");

export function RunsPage() {
  useTitle("Runs");
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { list, listKey, error, pipelineNames, unresolvedCount, matchingRuns, askAgain } =
    useRunsList(search);
  const [selected, setSelected] = useState<ReadonlyMap<string, ListedRun>>(new Map());
  const toggle = (run: ListedRun) =>
    setSelected((old) => {
      const changed = new Map(old);
      if (!changed.delete(run.id)) changed.set(run.id, run);
      return changed;
    });
  const isEmpty = list?.rows.length === 0;
  if (isEmpty && !isFiltered(search) && search.after === undefined) return <NoRuns />;
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <h1 className="text-xl font-semibold">Runs</h1>
        <RunsFilters pipelineNames={pipelineNames} unresolvedCount={unresolvedCount} />
      </div>
      {search.bulk !== undefined && (
        <BulkProgress
          key={search.bulk}
          bulkId={search.bulk}
          onClose={() => void navigate({ search: (old) => defined<RunsSearch>({ ...old, bulk: undefined }) })}
        />
      )}
      {isFiltered(search) && <FilteredRunsAction filter={filterOf(search)} count={matchingRuns} />}
      {selected.size > 0 && (
        <SelectedRunsBar runs={[...selected.values()]} onClear={() => setSelected(new Map())} />
      )}
      {error && <QueryError error={error} onRetry={askAgain} />}
      {!list && !error && <LoadingPanel label="Reading the runs" className="h-[36rem]" />}
      {list &&
        (isEmpty ? (
          <NothingMatches />
        ) : (
          <RunsTable key={listKey} rows={list.rows} selected={selected} onToggle={toggle} />
        ))}
      {list && <RunsPaging totalCount={list.totalCount} next={list.next} />}
    </div>
  );
}
