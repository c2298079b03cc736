// The steps of a run over time: a row each, those in sight.
import { type CSSProperties, useId, useMemo, useRef, useState } from "react";
import type { Milliseconds } from "../shared/time";
import "./gantt.css";
import { GanttAxis, GridLines, NowLine } from "./GanttAxis";
import { GanttRowButton } from "./GanttRow";
import { GanttToolbar } from "./GanttToolbar";
import { GanttTooltip } from "./GanttTooltip";
import { type GanttStep, ganttLayout, isOpen, wholeRange } from "./gantt-layout";
import { AXIS_HEIGHT, labelColumnWidth, ROW_HEIGHT, type RowSpan } from "./row-places";
import { filtered, named, type StepFilter } from "./step-filter";
import { ticks, timeScale } from "./time-scale";
import { useBox } from "./use-box";
import { useNow } from "./use-now";
import { usePanZoom } from "./use-pan-zoom";
import { type StepClick, useRowActions } from "./use-row-actions";
import { useRowFocus } from "./use-row-focus";
import { useTooltip } from "./use-tooltip";
import { useViewport } from "./use-viewport";

export type { StepClick };

interface GanttChartProps {
  /** In topological order. */
  steps: readonly GanttStep[];
  /** The run's start. */
  startMs: Milliseconds | null;
  /** Null while it runs. */
  endMs: Milliseconds | null;
  selectedKeys: ReadonlySet<string>;
  /** Reused though what they were made from had been replaced. */
  staleKeys: ReadonlySet<string>;
  /** The step whose panel is open. */
  openKey: string | null;
  onClickStep: (key: string, how: StepClick) => void;
}

/** How much room the word beside a name takes. */
const STALE_LETTERS = 7;

/** At least six rows and a half, which shows that there are more. */
const MOST_HEIGHT = `max(45vh, ${AXIS_HEIGHT + 6.5 * ROW_HEIGHT}px)`;

export function GanttChart(props: GanttChartProps) {
  const { steps, startMs, endMs, selectedKeys, staleKeys, openKey, onClickStep } = props;
  const [filter, setFilter] = useState<StepFilter>("all");
  const layout = useMemo(() => ganttLayout(steps, { startMs, endMs }), [steps, startMs, endMs]);
  const [part, setPart] = useState("");
  const rows = useMemo(() => named(filtered(layout.rows, filter), part), [layout, filter, part]);
  const longestKey = useMemo(() => steps.reduce((most, step) => Math.max(most, step.key.length), 0), [steps]);

  const scroller = useRef<HTMLDivElement>(null);
  const box = useBox(scroller, rows.length);
  const labelWidth = labelColumnWidth(longestKey + (staleKeys.size > 0 ? STALE_LETTERS : 0), box.width);
  const laneWidth = Math.max(0, box.width - labelWidth);

  const now = useNow(layout, startMs !== null && endMs === null);
  const viewport = useViewport({ whole: wholeRange(layout, now.nextTime), end: now.nextTime }, now.isLive);
  const { start, end } = viewport.range;
  const scale = useMemo(() => timeScale({ start, end }, laneWidth), [start, end, laneWidth]);
  const shownTicks = layout.hasTimes ? ticks(scale.range, laneWidth) : [];
  usePanZoom(scroller, { left: labelWidth, scale, viewport });

  const focus = useRowFocus(scroller, rows, openKey);
  const actions = useRowActions({ focus, viewport, onClickStep });
  const [pointed, tooltip] = useTooltip();
  const tooltipId = useId();
  const pointedRow = pointed && rows.find((row) => row.step.key === pointed.key);

  return (
    <section aria-label="Gantt chart" className="panel overflow-hidden">
      <GanttToolbar
        rows={layout.rows}
        filter={filter}
        onFilter={setFilter}
        part={part}
        onPart={setPart}
        viewport={viewport}
        isLive={now.isLive}
      />
      <div
        ref={scroller}
        className="relative select-none overflow-y-auto overflow-x-hidden"
        style={{ maxHeight: MOST_HEIGHT, touchAction: "pan-y" }}
      >
        <GanttAxis
          ticks={shownTicks}
          scale={scale}
          labelWidth={labelWidth}
          laneWidth={laneWidth}
          origin={layout.origin}
        />
        <div
          className="gantt-clock relative"
          style={{ height: rows.length * ROW_HEIGHT, "--gantt-now": now.nextTime } as CSSProperties}
        >
          <GridLines ticks={shownTicks} scale={scale} labelWidth={labelWidth} />
          <ol aria-label="Steps">
            {indexesOf(box.rows, focus.index, rows.length).map((index) => {
              const row = rows[index];
              if (!row) return null;
              const { key } = row.step;
              return (
                <GanttRowButton
                  key={key}
                  row={row}
                  index={index}
                  count={rows.length}
                  now={isOpen(row) ? now.time : 0}
                  scale={scale}
                  labelWidth={labelWidth}
                  laneWidth={laneWidth}
                  isSelected={selectedKeys.has(key)}
                  isDimmed={selectedKeys.size > 0 && !selectedKeys.has(key)}
                  isStale={staleKeys.has(key)}
                  isOpened={key === openKey}
                  isTabStop={index === focus.index}
                  tooltipId={pointedRow === row ? tooltipId : undefined}
                  actions={actions}
                  tooltip={tooltip}
                />
              );
            })}
          </ol>
          {now.isLive && <NowLine scale={scale} labelWidth={labelWidth} />}
        </div>
        {rows.length === 0 && <NoRows filter={filter} part={part} />}
      </div>
      {pointed && pointedRow && (
        <GanttTooltip id={tooltipId} row={pointedRow} origin={layout.origin} now={now.time} at={pointed} />
      )}
    </section>
  );
}

/** Those in sight and, so that the keyboard does not lose its place, the one that it is at. */
function indexesOf({ first, end }: RowSpan, focused: number, count: number): number[] {
  const inSight = Array.from({ length: end - first }, (_, offset) => first + offset);
  if (focused >= count || (focused >= first && focused < end)) return inSight;
  return focused < first ? [focused, ...inSight] : [...inSight, focused];
}

function NoRows({ filter, part }: { filter: StepFilter; part: string }) {
  if (part !== "") {
    return <p className="break-words px-4 py-6 text-center text-muted">No step's name holds “{part}”.</p>;
  }
  return (
    <p className="px-4 py-6 text-center text-muted">
      {filter === "failed"
        ? "No step failed."
        : filter === "all"
          ? "No steps."
          : "This run executes no step."}
    </p>
  );
}
