// How many steps are in each state, what asks for attention first; and the time that was saved.
import { StatusMark } from "../shared/StatusTag";
import { STEP_STATUS, STEP_STATUSES_BY_URGENCY } from "../shared/status";
import { Duration } from "../shared/Times";
import type { Run } from "./run-queries";

export function StepCounts({ run }: { run: Run }) {
  const counts = new Map(run.stepCounts.map(({ status, count }) => [status, count]));
  return (
    <ul aria-label="Steps by status" className="flex flex-wrap items-center gap-x-4 gap-y-1 text-sm">
      {STEP_STATUSES_BY_URGENCY.filter((status) => counts.has(status)).map((status) => (
        <li key={status} className="inline-flex items-center gap-1 whitespace-nowrap">
          <StatusMark look={STEP_STATUS[status]} />
          <span data-numeric className="font-medium">
            {counts.get(status)?.toLocaleString("en")}
          </span>
          <span className="text-muted">{STEP_STATUS[status].label}</span>
        </li>
      ))}
      {run.timeSavedMs > 0 && (
        <li className="whitespace-nowrap text-reused-ink">
          saved <Duration of={run.timeSavedMs} /> by reuse
        </li>
      )}
    </ul>
  );
}
