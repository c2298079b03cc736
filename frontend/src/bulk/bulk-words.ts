// Many runs at once, in words (pure).
import { steps } from "../launch/plan-view";
import type { RunFilter } from "../runs/runs-filter";
import { RUN_STATUS } from "../shared/status";
import { formatDuration } from "../shared/time";
import type { Bulk, BulkAction, BulkPlan } from "./bulk-queries";

/** "1 run", "1,200 runs". */
export function runsText(count: number): string {
  return count === 1 ? "1 run" : `${count.toLocaleString("en")} runs`;
}

export const VERBS: Record<BulkAction, string> = { REEXECUTE: "Re-execute", CANCEL: "Cancel" };

/** Which runs a filter is about: "runs of daily_orders, failed and unresolved". */
export function filterText(filter: RunFilter): string {
  const parts = [filter.pipelineName ? `runs of ${filter.pipelineName}` : "runs of all pipelines"];
  if (filter.unresolvedOnly) parts.push("failed and unresolved");
  if (filter.statuses?.length)
    parts.push(`with status ${filter.statuses.map((status) => RUN_STATUS[status].label).join(" or ")}`);
  for (const { key, value } of filter.tags ?? []) parts.push(`tagged ${key}: ${value}`);
  return parts.join(", ");
}

/** How many of them would not be refused. */
export function acceptedOf({ runs, refusals }: BulkPlan): number {
  return Math.max(0, runs - refusals.reduce((sum, one) => sum + one.runs, 0));
}

/** "Re-executes 38 of 40 runs, 76 steps in all. One after the other they take about 3 min 20 s." */
export function planText(action: BulkAction, plan: BulkPlan): string {
  const accepted = acceptedOf(plan);
  const of =
    accepted === plan.runs
      ? runsText(plan.runs)
      : `${accepted.toLocaleString("en")} of ${runsText(plan.runs)}`;
  if (action === "CANCEL") return `Cancels ${of}.`;
  const time =
    plan.estimatedDurationMs === null || accepted === 0
      ? ""
      : ` One after the other they take about ${formatDuration(plan.estimatedDurationMs)}.`;
  return `Re-executes ${of}, ${steps(plan.stepsToExecute)} in all.${time}`;
}

/** "12 of 40 re-executed, 3 refused". */
export function progressText({ action, total, launched, refused }: Bulk): string {
  const done = action === "CANCEL" ? "canceled" : "re-executed";
  const refusals = refused > 0 ? `, ${refused.toLocaleString("en")} refused` : "";
  return `${launched.toLocaleString("en")} of ${total.toLocaleString("en")} ${done}${refusals}`;
}

/** What it has come to: "Going on", "Done", "Stopped". */
export function stateText({ done, canceled }: Bulk): string {
  if (canceled) return "Stopped";
  return done ? "Done" : "Going on";
}
