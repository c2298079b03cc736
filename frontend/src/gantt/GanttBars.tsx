// What stands in a row's lane: an attempt each, what was reused, or a word; with the duration beside it.
import clsx from "clsx";
import type { CSSProperties } from "react";
import { StatusMark } from "../shared/StatusTag";
import { STEP_STATUS, type StepStatus } from "../shared/status";
import type { Milliseconds } from "../shared/time";
import { INK, SOLID } from "../shared/tone";
import { type GanttRow, type GanttSegment, isOpen } from "./gantt-layout";
import {
  type PlacedWords,
  placedWords,
  type Stretch,
  stretchOf,
  stretchOfBar,
  THINNEST,
  type WordsPlace,
} from "./row-places";
import { barWords } from "./row-words";
import type { CssPixels, TimeScale } from "./time-scale";

interface LaneProps {
  row: GanttRow;
  now: Milliseconds;
  scale: TimeScale;
  laneWidth: CssPixels;
}

export function GanttBars({ row, now, scale, laneWidth }: LaneProps) {
  const { bar } = row;
  const wordings = barWords(row, now);
  if (bar.kind === "word") return <WordChip status={row.step.status} word={wordings[0]} />;

  const isReused = bar.kind === "reused";
  const stretch = stretchOfBar(bar, now, scale, laneWidth);
  const placed = placedWords(stretch, wordings, laneWidth, isReused);
  const words = <Words {...placed} barLeft={stretch.left} isReused={isReused} />;
  const isInSight = !placed.place.startsWith("off");
  return (
    <>
      <span className="absolute inset-y-0" style={isOpen(row) ? growing(stretch, scale, laneWidth) : stretch}>
        {isReused && <ReusedBar isCut={stretch.left + stretch.width > laneWidth} />}
        {!isReused && (bar.segments.length > 1 || bar.retryAt !== null) && (
          <span className="absolute inset-x-0 top-1/2 border-t border-dashed border-line-strong" />
        )}
        {isInSight && words}
      </span>
      {!isReused &&
        bar.segments.map((segment) => (
          <Segment key={segment.start} segment={segment} now={now} scale={scale} laneWidth={laneWidth} />
        ))}
      {!isInSight && words}
    </>
  );
}

function Segment({ segment, now, scale, laneWidth }: Omit<LaneProps, "row"> & { segment: GanttSegment }) {
  const { start, end, status } = segment;
  const stretch = stretchOf(start, end ?? now, scale, laneWidth);
  const look = STEP_STATUS[status];
  return (
    <span
      className={clsx(
        "gantt-segment absolute top-1/2 h-4 -translate-y-1/2 rounded-sm",
        SOLID[look.tone],
        end === null && "animate-pulse-soft",
        look.tone !== "success" && end !== null && "hatched text-canvas",
      )}
      style={end === null ? growing(stretch, scale, laneWidth) : stretch}
    />
  );
}

/** Ends at the moment that flows, see gantt.css: nothing is drawn again while it grows. */
function growing({ left }: Stretch, { range, pixelsPerMs }: TimeScale, laneWidth: CssPixels): CSSProperties {
  const toNow = `(var(--gantt-now) - ${range.start}) * ${pixelsPerMs} - ${left}`;
  return { left, width: `calc(clamp(${THINNEST}, ${toNow}, ${Math.max(THINNEST, laneWidth - left)}) * 1px)` };
}

/** Hollow: it was not made in this run. One that goes on beyond what is visible is open at its end. */
function ReusedBar({ isCut }: { isCut: boolean }) {
  return (
    <span
      className={clsx(
        "absolute inset-x-0 top-1/2 h-[1.125rem] min-w-2.5 -translate-y-1/2 border-[1.5px] border-reused-solid bg-surface",
        isCut ? "rounded-l-sm border-r-0" : "rounded-sm",
      )}
    />
  );
}

const PLACES: Record<WordsPlace, string> = {
  after: "left-full ml-1.5",
  before: "right-full mr-1.5",
  begin: "",
  end: "right-2.5 rounded-sm bg-surface px-1 shadow-raised",
  "off-left": "left-1",
  "off-right": "right-1",
};
const INSET: CssPixels = 6;

function Words({ words, place, barLeft, isReused }: PlacedWords & { barLeft: CssPixels; isReused: boolean }) {
  return (
    <span
      data-numeric
      className={clsx(
        "absolute top-1/2 z-10 flex -translate-y-1/2 items-center gap-1 whitespace-nowrap text-xs",
        isReused && INK.reused,
        PLACES[place],
      )}
      style={place === "begin" ? { left: Math.max(0, -barLeft) + INSET } : undefined}
    >
      {place === "off-left" && <span>‹</span>}
      {isReused && <StatusMark look={STEP_STATUS.REUSED} size={12} />}
      {words}
      {place === "off-right" && <span>›</span>}
    </span>
  );
}

function WordChip({ status, word }: { status: StepStatus; word: string }) {
  const look = STEP_STATUS[status];
  const isToCome = status === "PENDING";
  return (
    <span
      className={clsx(
        "absolute left-1.5 top-1/2 flex h-5 -translate-y-1/2 items-center gap-1.5 whitespace-nowrap rounded-sm border bg-surface px-1.5 text-xs",
        INK[look.tone],
        isToCome ? "border-dashed border-line-strong" : "border-line",
      )}
    >
      {status === "REUSED" && <StatusMark look={look} size={12} />}
      {!isToCome && status !== "REUSED" && <span className="hatched h-2.5 w-3.5 rounded-sm" />}
      {word}
    </span>
  );
}
