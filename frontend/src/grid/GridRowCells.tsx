// One step in all runs of the grid.
import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { ChevronRight } from "lucide-react";
import { onlyStep, writtenKey } from "../selection/selection-text";
import { StatusMark } from "../shared/StatusTag";
import { INK, SOFT } from "../shared/tone";
import type { CellState, GridCell, GridGroup, GridRow, GridRun } from "./grid-layout";
import { CELL_LOOK, cellName, countText, shownName } from "./grid-words";
import type { GridFocus } from "./use-grid-focus";

interface GridRowCellsProps {
  row: GridRow;
  /** 1 is the first step's. */
  rowIndex: number;
  groups: readonly GridGroup[];
  height: number;
  focus: GridFocus;
  onUnfold: (of: string, isUnfolded: boolean) => void;
}

export function GridRowCells({ row, rowIndex, groups, height, focus, onUnfold }: GridRowCellsProps) {
  let column = 0;
  return (
    <tr aria-rowindex={rowIndex + 1} className="group/row" style={{ height }}>
      <RowHead row={row} rowIndex={rowIndex} focus={focus} onUnfold={onUnfold} />
      {groups.flatMap(({ runs }) =>
        runs.map((run, nth) => {
          column += 1;
          return (
            <Cell
              key={run.id}
              row={row}
              run={run}
              startsGroup={nth === 0 && column > 1}
              cell={row.cells[column - 1] ?? null}
              rowIndex={rowIndex}
              column={column}
              focus={focus}
            />
          );
        }),
      )}
    </tr>
  );
}

function RowHead({
  row,
  rowIndex,
  focus,
  onUnfold,
}: Pick<GridRowCellsProps, "row" | "rowIndex" | "focus" | "onUnfold">) {
  const place = {
    "data-cell": `${rowIndex},0`,
    tabIndex: focus.isAt(rowIndex, 0) ? 0 : -1,
    onFocus: () => focus.onFocus(rowIndex, 0),
  };
  const isMapped = row.kind === "mapped";
  return (
    <th
      scope="row"
      aria-colindex={1}
      title={row.key}
      {...(isMapped ? {} : place)}
      className={clsx(
        "sticky left-0 z-10 max-w-0 truncate border-b border-r border-line/60 border-r-line bg-surface pr-2 text-left font-mono text-sm font-normal focus-visible:-outline-offset-2 group-hover/row:bg-hover",
        row.kind === "element" ? "pl-8 text-muted" : isMapped ? "pl-1" : "pl-3",
      )}
    >
      {isMapped ? (
        <button
          type="button"
          aria-expanded={row.isUnfolded}
          {...place}
          onClick={() => onUnfold(row.of, !row.isUnfolded)}
          className="flex h-7 max-w-full items-center gap-0.5 rounded-sm pr-1 focus-visible:-outline-offset-2"
        >
          <ChevronRight
            aria-hidden
            size={14}
            className={clsx("shrink-0 text-muted", row.isUnfolded && "rotate-90")}
          />
          <span className="truncate">{row.key}</span>
        </button>
      ) : row.kind === "element" ? (
        // Below its step's name, which need not be shown again.
        <>
          <span className="sr-only">{row.of}</span>
          {shownName(row)}
        </>
      ) : (
        row.key
      )}
    </th>
  );
}

interface CellProps {
  row: GridRow;
  run: GridRun;
  /** Another group is left of it. */
  startsGroup: boolean;
  cell: GridCell | null;
  rowIndex: number;
  column: number;
  focus: GridFocus;
}

function Cell({ row, run, startsGroup, cell, rowIndex, column, focus }: CellProps) {
  const name = cellName(row, run, cell);
  const place = {
    "data-cell": `${rowIndex},${column}`,
    "aria-label": name,
    title: name,
    tabIndex: focus.isAt(rowIndex, column) ? 0 : -1,
    onFocus: () => focus.onFocus(rowIndex, column),
  };
  const look = clsx(
    "border-b border-line/60 p-0.5 group-hover/row:bg-hover",
    startsGroup && "border-l border-l-line",
  );
  if (!cell) {
    return (
      <td aria-colindex={column + 1} {...place} className={clsx(look, "focus-visible:-outline-offset-2")} />
    );
  }
  return (
    <td aria-colindex={column + 1} className={look}>
      <Link
        to="/runs/$runId"
        params={{ runId: run.id }}
        search={{
          step: cell.stepKey,
          selection: row.kind === "mapped" ? writtenKey(row.of) : onlyStep(cell.stepKey),
        }}
        {...place}
        className={clsx(
          "flex h-7 min-w-10 items-center justify-center gap-0.5 rounded-sm px-1 hover:ring-2 hover:ring-line-strong",
          groundOf(cell.state),
        )}
      >
        <StatusMark look={CELL_LOOK[cell.state]} size={14} />
        <Count cell={cell} />
      </Link>
    </td>
  );
}

function Count({ cell }: { cell: GridCell }) {
  const text = countText(cell);
  return (
    text && (
      <span data-numeric className={clsx("text-xs leading-4", INK[CELL_LOOK[cell.state].tone])}>
        {text}
      </span>
    )
  );
}

/** Hollow: it did not run in this run. Slanted lines: it was to run, and did not come to its end. */
export function groundOf(state: CellState): string {
  const { tone } = CELL_LOOK[state];
  if (state === "REUSED" || state === "STALE") return `border-[1.5px] ${HOLLOW[state]}`;
  if (state === "OMITTED" || state === "SKIPPED") return "border border-dashed border-line-strong/70";
  return clsx(SOFT[tone], (state === "BLOCKED" || state === "CANCELED" || state === "LOST") && "hatched");
}

const HOLLOW = { REUSED: "border-reused-solid", STALE: "border-warning-solid" };
