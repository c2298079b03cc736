// Which rows are shown: in a large run that re-executes little, little is looked for (pure).
import type { StepStatus } from "../shared/status";
import type { GanttRow } from "./gantt-layout";

export const STEP_FILTERS = ["all", "this run", "failed"] as const;
export type StepFilter = (typeof STEP_FILTERS)[number];

const NOT_OF_THIS_RUN: ReadonlySet<StepStatus> = new Set<StepStatus>(["REUSED", "OMITTED"]);
const FAILED: ReadonlySet<StepStatus> = new Set<StepStatus>(["FAILURE", "LOST"]);

export function filtered(rows: readonly GanttRow[], filter: StepFilter): readonly GanttRow[] {
  if (filter === "this run") return rows.filter(({ step }) => !NOT_OF_THIS_RUN.has(step.status));
  if (filter === "failed") return rows.filter(({ step }) => FAILED.has(step.status));
  return rows;
}

/** Those whose name holds that; upper and lower case are one. */
export function named(rows: readonly GanttRow[], part: string): readonly GanttRow[] {
  const wanted = part.trim().toLowerCase();
  return wanted === "" ? rows : rows.filter(({ step }) => step.key.toLowerCase().includes(wanted));
}

/** "All steps (2,000)", "Only this run's (3)", "Only failed (1)". */
export function filterLabel(filter: StepFilter, count: number): string {
  const name = { all: "All steps", "this run": "Only this run's", failed: "Only failed" }[filter];
  return `${name} (${count.toLocaleString("en")})`;
}
