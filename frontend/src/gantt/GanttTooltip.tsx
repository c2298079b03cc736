// All that a row's bar cannot say.
import { StepStatusTag } from "../shared/StatusTag";
import type { Milliseconds } from "../shared/time";
import type { GanttRow } from "./gantt-layout";
import { tooltipLines } from "./row-words";
import type { Pointed } from "./use-tooltip";

interface GanttTooltipProps {
  id: string;
  row: GanttRow;
  origin: Milliseconds;
  now: Milliseconds;
  at: Pointed;
}

const WIDTH = 320;
const MOST_HEIGHT = 180;
const GAP = 6;

export function GanttTooltip({ id, row, origin, now, at }: GanttTooltipProps) {
  const isBelow = at.bottom + MOST_HEIGHT < window.innerHeight;
  const left = Math.max(GAP, Math.min(at.x, window.innerWidth - WIDTH - GAP));
  return (
    <div
      id={id}
      role="tooltip"
      className="panel pointer-events-none fixed z-50 w-max px-3 py-2 text-sm shadow-floating"
      style={{
        left,
        maxWidth: WIDTH,
        ...(isBelow ? { top: at.bottom + GAP } : { bottom: window.innerHeight - at.top + GAP }),
      }}
    >
      <p className="mb-1 flex items-center gap-2">
        <span className="min-w-0 break-all font-medium">{row.step.key}</span>
        <StepStatusTag status={row.step.status} />
      </p>
      <dl data-numeric className="grid grid-cols-[auto_1fr] gap-x-3 text-xs">
        {tooltipLines(row, origin, now).map(({ label, value }) => (
          <div key={label} className="col-span-2 grid grid-cols-subgrid">
            <dt className="text-muted">{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
