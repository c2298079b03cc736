// Steps by runs (pure): which columns stand beside each other, which rows there are, what each cell comes to.
import { elementOf } from "../runs/step-element";
import type { RunStatus, StepStatus } from "../shared/status";
import { STEP_STATUSES_BY_URGENCY } from "../shared/status";
import type { Milliseconds } from "../shared/time";

export interface GridStep {
  key: string;
  status: StepStatus;
  startMs: Milliseconds | null;
  endMs: Milliseconds | null;
}

export interface GridRun {
  id: string;
  rootRunId: string;
  status: RunStatus;
  createdAt: string;
  /** In topological order; null until they are read. */
  steps: readonly GridStep[] | null;
  /** Reused though what they were made from had been replaced. */
  staleKeys: ReadonlySet<string>;
}

/** What a cell shows: a status, or that what was reused is stale. */
export type CellState = StepStatus | "STALE";

export interface GridCell {
  /** The step that it opens; of several elements the first that is in this state. */
  stepKey: string;
  /** Of several elements the one that asks for attention most. */
  state: CellState;
  /** How many elements are in this state, of how many; 1 of 1 where it is one step. */
  inState: number;
  elements: number;
  /** From the first start to the last end; null where that is not known yet. */
  durationMs: Milliseconds | null;
}

export interface GridRow {
  /** "train", "work[?]" for all elements of a mapped step, "work[eu]". */
  key: string;
  kind: "step" | "mapped" | "element";
  /** The step of the definition. */
  of: string;
  isUnfolded: boolean;
  /** One for each run; null where that run has no such step, or where its steps are not read. */
  cells: readonly (GridCell | null)[];
}

/** Runs of one group, oldest first. */
export interface GridGroup {
  rootRunId: string;
  runs: readonly GridRun[];
}

export interface RunGrid {
  /** That of the newest run comes last. */
  groups: readonly GridGroup[];
  /** All of them in the order of the columns. */
  runs: readonly GridRun[];
  rows: readonly GridRow[];
}

const STATES_BY_URGENCY: readonly CellState[] = STEP_STATUSES_BY_URGENCY.flatMap((status) =>
  status === "SUCCESS" ? (["STALE", status] as const) : [status],
);

/** `newestFirst` as they are listed; `definedKeys` are the steps of the pipeline as it is now, in topological order. */
export function runGrid(
  newestFirst: readonly GridRun[],
  definedKeys: readonly string[],
  unfolded: ReadonlySet<string>,
): RunGrid {
  const groups = groupsOf(newestFirst);
  const runs = groups.flatMap((group) => group.runs);
  const byRun = new Map(newestFirst.map((run) => [run, columnOf(run)]));
  const order = mergedOrder([definedKeys, ...[...byRun.values()].map((column) => [...column.keys()])]);
  const columns = runs.map((run) => byRun.get(run) ?? columnOf(run));
  const rows = order.flatMap((of) => rowsOf(of, columns, unfolded.has(of)));
  return { groups, runs, rows };
}

function groupsOf(newestFirst: readonly GridRun[]): GridGroup[] {
  const byRoot = new Map<string, GridRun[]>();
  for (const run of newestFirst) {
    const runs = byRoot.get(run.rootRunId);
    if (runs) runs.unshift(run);
    else byRoot.set(run.rootRunId, [run]);
  }
  return [...byRoot].map(([rootRunId, runs]) => ({ rootRunId, runs })).reverse();
}

/** A run's steps by the step of the definition; those of a mapped step together. */
type Column = ReadonlyMap<string, readonly PlacedStep[]>;

interface PlacedStep extends GridStep {
  state: CellState;
  /** Undefined where it is no element; null where it stands for elements that are not known. */
  mappingKey: string | null | undefined;
}

function columnOf(run: GridRun): Column {
  const column = new Map<string, PlacedStep[]>();
  for (const step of run.steps ?? []) {
    const element = elementOf(step.key);
    const of = element?.of ?? step.key;
    const isStale = step.status === "REUSED" && run.staleKeys.has(step.key);
    const placed = {
      ...step,
      state: isStale ? ("STALE" as const) : step.status,
      mappingKey: element?.mappingKey,
    };
    const there = column.get(of);
    if (there) there.push(placed);
    else column.set(of, [placed]);
  }
  return column;
}

/** All names: the first list as it is, what only later ones have behind what it follows there. */
export function mergedOrder(lists: readonly (readonly string[])[]): string[] {
  const [first = [], ...others] = lists;
  const known = new Set(first);
  const following = new Map<string, string[]>();
  for (const names of others) {
    let before = "";
    for (const name of names) {
      if (!known.has(name)) {
        known.add(name);
        following.set(before, [name, ...(following.get(before) ?? [])]);
      }
      before = name;
    }
  }
  const order: string[] = [];
  const waiting = [...(following.get("") ?? []), ...first].reverse();
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    order.push(name);
    waiting.push(...(following.get(name) ?? []).reverse());
  }
  return order;
}

function rowsOf(of: string, columns: readonly Column[], isUnfolded: boolean): GridRow[] {
  const steps = columns.map((column) => column.get(of) ?? []);
  const isMapped = steps.some((placed) => placed.some((step) => step.mappingKey !== undefined));
  if (!isMapped) return [{ key: of, kind: "step", of, isUnfolded: false, cells: steps.map(cellOf) }];
  const whole: GridRow = { key: `${of}[?]`, kind: "mapped", of, isUnfolded, cells: steps.map(cellOf) };
  if (!isUnfolded) return [whole];
  const byKey = steps.map((placed) => new Map(placed.map((step) => [step.key, step])));
  const known = mergedOrder(
    [...steps].reverse().map((placed) => placed.filter((step) => step.mappingKey).map((step) => step.key)),
  );
  const elements = known.map((key): GridRow => {
    const cells = byKey.map((there) => {
      const step = there.get(key);
      return step ? cellOf([step]) : null;
    });
    return { key, kind: "element", of, isUnfolded: false, cells };
  });
  return [whole, ...elements];
}

function cellOf(steps: readonly PlacedStep[]): GridCell | null {
  const state = STATES_BY_URGENCY.find((one) => steps.some((step) => step.state === one));
  const inState = steps.filter((step) => step.state === state);
  const [first] = inState;
  if (!first || state === undefined) return null;
  return {
    stepKey: first.key,
    state,
    inState: inState.length,
    elements: steps.length,
    durationMs: durationOf(steps),
  };
}

function durationOf(steps: readonly GridStep[]): Milliseconds | null {
  const begun = steps.filter((step) => step.startMs !== null);
  if (begun.length === 0 || begun.some((step) => step.endMs === null)) return null;
  // Not by spreading: there may be more than a call takes.
  const start = begun.reduce(
    (least, step) => Math.min(least, step.startMs ?? least),
    Number.POSITIVE_INFINITY,
  );
  const end = begun.reduce((most, step) => Math.max(most, step.endMs ?? most), Number.NEGATIVE_INFINITY);
  return Math.max(0, end - start);
}
