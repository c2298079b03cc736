// The times at the top of the chart, and the lines down from them.
import type { Milliseconds } from "../shared/time";
import { AXIS_HEIGHT } from "./row-places";
import type { CssPixels, Tick, TimeScale } from "./time-scale";

interface GridProps {
  ticks: readonly Tick[];
  scale: TimeScale;
  labelWidth: CssPixels;
}

interface GanttAxisProps extends GridProps {
  laneWidth: CssPixels;
  /** Zero of the ticks, since 1970. */
  origin: Milliseconds;
}

/** What the last label needs, so as not to be cut. */
const LABEL: CssPixels = 56;

export function GanttAxis({ ticks, scale, labelWidth, laneWidth, origin }: GanttAxisProps) {
  return (
    <div
      aria-hidden
      className="sticky top-0 z-20 flex border-b border-line bg-surface text-xs text-muted"
      style={{ height: AXIS_HEIGHT }}
    >
      <span className="shrink-0 border-r border-line" style={{ width: labelWidth }} />
      <span className="relative flex-1 overflow-hidden" data-numeric>
        {ticks.map(({ time, label }) => {
          const x = scale.toPixels(time);
          return (
            x + LABEL < laneWidth && (
              <span
                key={time}
                className="absolute bottom-1.5 whitespace-nowrap pl-1.5"
                style={{ left: x }}
                title={new Date(origin + time).toLocaleString()}
              >
                {label}
              </span>
            )
          );
        })}
      </span>
    </div>
  );
}

/** Behind the rows. */
export function GridLines({ ticks, scale, labelWidth }: GridProps) {
  return (
    <div aria-hidden className="pointer-events-none absolute inset-y-0 right-0" style={{ left: labelWidth }}>
      {ticks.map(({ time }) => (
        <span
          key={time}
          className="absolute inset-y-0 border-l border-line/70"
          style={{ left: scale.toPixels(time) }}
        />
      ))}
    </div>
  );
}

/** Flows with the moment that gantt.css has. */
export function NowLine({ scale, labelWidth }: Omit<GridProps, "ticks">) {
  const { range, pixelsPerMs } = scale;
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute inset-y-0 right-0 z-10 overflow-hidden"
      style={{ left: labelWidth }}
    >
      <span
        className="absolute inset-y-0 border-l border-running-solid"
        style={{ left: `calc((var(--gantt-now) - ${range.start}) * ${pixelsPerMs} * 1px)` }}
      />
    </div>
  );
}
