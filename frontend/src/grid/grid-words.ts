// What is said of the grid's cells and columns (pure).
import { shortRunId } from "../shared/run-id";
import { RUN_STATUS, STEP_STATUS, STEP_STATUSES_BY_URGENCY, type StatusLook } from "../shared/status";
import { formatDuration } from "../shared/time";
import type { CellState, GridCell, GridRow, GridRun, RunGrid } from "./grid-layout";

export const CELL_LOOK: Record<CellState, StatusLook> = {
  ...STEP_STATUS,
  STALE: { label: "reused, stale", tone: "warning", mark: "stale" },
};

/** "train in run 01a202e4-f6cc, success, 5.3 s"; "work[?] in run 01a202e4-f6cc, failure 2 of 40, 9.1 s". */
export function cellName(row: GridRow, run: GridRun, cell: GridCell | null): string {
  const place = `${row.key} in run ${shortRunId(run.id)}`;
  if (!cell) return run.steps === null ? `${place}, being read` : `${place}, no such step`;
  const { label } = CELL_LOOK[cell.state];
  const counted = cell.elements > 1 ? `${label} ${number(cell.inState)} of ${number(cell.elements)}` : label;
  return [place, counted, ...(cell.durationMs === null ? [] : [formatDuration(cell.durationMs)])].join(", ");
}

/** What stands at the left of a row: of an element, which is below its step, "[eu]". */
export function shownName({ key, kind, of }: GridRow): string {
  return kind === "element" ? key.slice(of.length) : key;
}

/** When a run was launched, as narrow as a column: "21 Nov", "14:05"; in the reader's time zone. */
export function launchWords({ createdAt }: GridRun): { day: string; time: string } {
  const moment = new Date(createdAt);
  return {
    day: `${moment.getDate()} ${moment.toLocaleString("en", { month: "short" })}`,
    time: moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }),
  };
}

/** "Run 01a202e4-f6cc, failure, 21 Nov 14:05, re-execution". */
export function runName(run: GridRun): string {
  const { day, time } = launchWords(run);
  const again = run.id === run.rootRunId ? [] : ["re-execution"];
  return [`Run ${shortRunId(run.id)}`, RUN_STATUS[run.status].label, `${day} ${time}`, ...again].join(", ");
}

/** The number beside a mark: of several elements those that are as it says. */
export function countText({ elements, inState }: GridCell): string | null {
  return elements === 1 ? null : number(inState);
}

/** What the cells show, what asks for attention first: the keys to the marks. */
export function statesIn(grid: RunGrid): CellState[] {
  const shown = new Set(grid.rows.flatMap((row) => row.cells.flatMap((cell) => (cell ? [cell.state] : []))));
  return ([...STEP_STATUSES_BY_URGENCY, "STALE"] as const).filter((state) => shown.has(state));
}

function number(count: number): string {
  return count.toLocaleString("en");
}
