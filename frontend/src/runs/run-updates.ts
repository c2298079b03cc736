// A run as it is shown, kept up with news of it (pure). What a state means is for the service to say.
import type { GanttStep } from "../gantt/gantt-layout";
import type { Json } from "../shared/graphql";
import type { StepStatus } from "../shared/status";
import type { MovingRun, Run } from "./run-queries";

export interface RunView {
  run: Run;
  /** In topological order. A step that did not move stays the same object. */
  steps: readonly GanttStep[];
  stepKeys: readonly string[];
}

/** Run.stepTable: the columns of many steps, of equal length. */
interface StepTable {
  key: string[];
  status: StepStatus[];
  startMs: (number | null)[];
  endMs: (number | null)[];
  retryAtMs: (number | null)[];
  reusedFromRunId: (string | null)[];
  attempts: ([startMs: number, endMs: number | null, status: StepStatus][] | null)[];
}

export function runView(answer: Run & { stepTable: Json }): RunView {
  const { stepTable, ...run } = answer;
  const steps = stepRows(stepTable);
  return { run, steps, stepKeys: steps.map((step) => step.key) };
}

/**
 * The view after news: the run's own fields, and the steps that have changed. Null where there are other steps than
 * before, as when a mapped step has become its elements: then all of it is to be read.
 */
export function withNews(view: RunView, news: MovingRun & { stepTable: Json }): RunView | null {
  const { stepTable, ...moved } = news;
  const changed = stepRows(stepTable);
  const steps = withChangedSteps(view.steps, changed);
  return steps && { ...view, run: { ...view.run, ...moved }, steps };
}

export function stepRows(json: Json): GanttStep[] {
  const table = json as unknown as StepTable;
  return table.key.map((key, index) => ({
    key,
    status: table.status[index] ?? "PENDING",
    startMs: table.startMs[index] ?? null,
    endMs: table.endMs[index] ?? null,
    retryAtMs: table.retryAtMs[index] ?? null,
    reusedFromRunId: table.reusedFromRunId[index] ?? null,
    attempts: table.attempts[index]?.map(([startMs, endMs, status]) => ({ startMs, endMs, status })) ?? null,
  }));
}

function withChangedSteps(
  steps: readonly GanttStep[],
  changed: readonly GanttStep[],
): readonly GanttStep[] | null {
  if (changed.length === 0) return steps;
  const byKey = new Map(changed.map((step) => [step.key, step]));
  const known = steps.filter((step) => byKey.has(step.key)).length;
  return known < byKey.size ? null : steps.map((step) => byKey.get(step.key) ?? step);
}
