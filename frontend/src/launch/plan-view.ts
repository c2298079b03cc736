// A plan as it is shown: its totals in words, its steps by what is done with them (pure).
import { formatDuration } from "../shared/time";
import type { Plan, PlannedStep, StepAction } from "./plan-fields";

export interface PlanGroup {
  action: StepAction;
  steps: readonly PlannedStep[];
}

const ACTIONS: readonly StepAction[] = ["EXECUTE", "REUSE", "OMIT"];

/** "Executes 2 steps, reuses 2 and saves 5.3 s, leaves 0 out". A first run has nothing to reuse, and mostly leaves nothing out. */
export function totals(plan: Plan): string {
  const count = (action: StepAction) => plan.steps.filter((step) => step.action === action).length;
  const parts = [`Executes ${steps(count("EXECUTE"))}`];
  if (plan.parentRunId !== null) {
    const saved = plan.timeSavedMs > 0 ? ` and saves ${formatDuration(plan.timeSavedMs)}` : "";
    parts.push(`reuses ${number(count("REUSE"))}${saved}`);
  }
  if (plan.parentRunId !== null || count("OMIT") > 0) parts.push(`leaves ${number(count("OMIT"))} out`);
  return parts.join(", ");
}

/** What executes comes first; within a group what is stale, then the order is the plan's, which is topological. */
export function planGroups(plan: Plan, filter = ""): PlanGroup[] {
  const wanted = filter.trim().toLowerCase();
  const matching = plan.steps.filter(
    (step) => step.stepKey.toLowerCase().includes(wanted) || step.reason.toLowerCase().includes(wanted),
  );
  return ACTIONS.map((action) => ({
    action,
    steps: staleFirst(matching.filter((step) => step.action === action)),
  })).filter((group) => group.steps.length > 0);
}

function staleFirst(steps: readonly PlannedStep[]): PlannedStep[] {
  return [...steps.filter((step) => step.isStale), ...steps.filter((step) => !step.isStale)];
}

/** "1 step", "1,997 steps". */
export function steps(count: number): string {
  return count === 1 ? "1 step" : `${number(count)} steps`;
}

function number(count: number): string {
  return count.toLocaleString("en");
}

/** What is executed is read; of what is not, a few. */
export function shownAtFirst(action: StepAction): number {
  return action === "EXECUTE" ? 50 : 5;
}

const NOUNS: Record<StepAction, string> = { EXECUTE: "executed", REUSE: "reused", OMIT: "left out" };

/** "and 1,997 reused steps". */
export function hiddenText(action: StepAction, count: number): string {
  return `and ${number(count)} ${NOUNS[action]} ${count === 1 ? "step" : "steps"}`;
}

export type InputSource = PlannedStep["inputs"][number]["sources"][number];

/** A step's only output goes by the step's name; one of a dynamic output by its key as well: "split[k1]". */
export function outputName({ stepKey, outputName, mappingKey }: InputSource): string {
  const name = outputName === "result" ? stepKey : `${stepKey}.${outputName}`;
  return mappingKey === null ? name : `${name}[${mappingKey}]`;
}
