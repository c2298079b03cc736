// How the steps fared in the newest runs, run by run: re-executions stand beside what they re-execute.
import { getRouteApi } from "@tanstack/react-router";
import clsx from "clsx";
import { useMemo } from "react";
import { type PipelineSearch, RUN_COUNTS } from "../pipelines/pipeline-search";
import { QueryError } from "../shared/ErrorMessage";
import { FIELD } from "../shared/field";
import { LoadingPanel } from "../shared/Skeleton";
import { StatusMark } from "../shared/StatusTag";
import { groundOf } from "./GridRowCells";
import { GridTable } from "./GridTable";
import { type RunGrid, runGrid } from "./grid-layout";
import { CELL_LOOK, statesIn } from "./grid-words";
import { useGridRuns } from "./use-grid-runs";

const route = getRouteApi("/pipelines/$name");
const [FEWEST] = RUN_COUNTS;

interface RunGridPanelProps {
  pipelineName: string;
  /** Of the pipeline as it is now, in topological order. */
  stepKeys: readonly string[];
}

export function RunGridPanel({ pipelineName, stepKeys }: RunGridPanelProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change = (changed: { [Name in keyof PipelineSearch]?: PipelineSearch[Name] | undefined }) =>
    void navigate({
      search: (old) => ({ ...old, ...changed }) as PipelineSearch,
      replace: true,
      resetScroll: false,
    });
  const count = search.runs ?? FEWEST;
  const { runs, error, askAgain } = useGridRuns(pipelineName, count);
  const unfolded = useMemo(() => new Set(search.unfolded?.split(",") ?? []), [search.unfolded]);
  const grid = useMemo(() => runs && runGrid(runs, stepKeys, unfolded), [runs, stepKeys, unfolded]);

  function onUnfold(of: string, isUnfolded: boolean): void {
    const others = [...unfolded].filter((one) => one !== of);
    change({ unfolded: (isUnfolded ? [...others, of] : others).join(",") || undefined });
  }

  return (
    <section
      aria-labelledby="run-grid"
      className="panel min-w-0 overflow-hidden [container-type:inline-size]"
    >
      <header className="flex flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1.5">
        <h2 id="run-grid" className="font-semibold">
          Steps in runs
        </h2>
        <select
          aria-label="How many runs"
          value={count}
          className={clsx(FIELD, "h-7 text-sm")}
          onChange={({ target }) => {
            const asked = RUN_COUNTS.find((one) => String(one) === target.value);
            change({ runs: asked === FEWEST ? undefined : asked });
          }}
        >
          {RUN_COUNTS.map((one) => (
            <option key={one} value={one}>
              Newest {one} runs
            </option>
          ))}
        </select>
      </header>
      {!grid && (
        <div className="p-3">
          {error ? (
            <QueryError error={error} onRetry={askAgain} />
          ) : (
            <LoadingPanel label="Loading the steps in runs" className="h-48" />
          )}
        </div>
      )}
      {grid?.runs.length === 0 && (
        <p className="px-4 py-6 text-center text-muted">
          Once it has run, this shows how each step fared, run by run.
        </p>
      )}
      {grid && grid.runs.length > 0 && (
        <>
          <GridTable grid={grid} onUnfold={onUnfold} />
          <Marks grid={grid} />
        </>
      )}
    </section>
  );
}

/** What the marks mean: of those that are there. */
function Marks({ grid }: { grid: RunGrid }) {
  const states = useMemo(() => statesIn(grid), [grid]);
  return (
    <ul
      aria-label="What the marks mean"
      className="flex flex-wrap gap-x-4 gap-y-1 px-4 py-2 text-xs text-muted"
    >
      {states.map((state) => (
        <li key={state} className="flex items-center gap-1.5">
          <span className={clsx("flex h-5 w-6 items-center justify-center rounded-sm", groundOf(state))}>
            <StatusMark look={CELL_LOOK[state]} size={12} />
          </span>
          {CELL_LOOK[state].label}
        </li>
      ))}
    </ul>
  );
}
