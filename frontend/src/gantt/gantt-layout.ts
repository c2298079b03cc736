// Steps with their attempts become rows of bars, in milliseconds since the run's start (pure).
import type { StepStatus } from "../shared/status";
import type { Milliseconds } from "../shared/time";
import { roundedUp, type TimeRange } from "./time-scale";

export interface GanttAttempt {
  startMs: Milliseconds;
  /** Null while it runs. */
  endMs: Milliseconds | null;
  status: StepStatus;
}

/** Moments are in milliseconds since 1970. */
export interface GanttStep {
  key: string;
  status: StepStatus;
  /** Of its first attempt; of a reused step, of the execution that stands in. */
  startMs: Milliseconds | null;
  endMs: Milliseconds | null;
  /** When its next attempt is due; null where none waits, and where that is at once. */
  retryAtMs: Milliseconds | null;
  /** Null where they are not known one by one. */
  attempts: readonly GanttAttempt[] | null;
  reusedFromRunId: string | null;
}

/** One attempt; it has no end while it runs. */
export interface GanttSegment {
  start: Milliseconds;
  end: Milliseconds | null;
  status: StepStatus;
}

export type GanttBar =
  | {
      kind: "segments";
      segments: readonly [GanttSegment, ...GanttSegment[]];
      /** It has ended, and waits for another attempt at that moment. */
      retryAt: Milliseconds | null;
    }
  /** What an earlier run did, with how long it took there. */
  | { kind: "reused"; duration: Milliseconds }
  /** No time in this run: a word says why. */
  | { kind: "word" };

export interface GanttRow {
  step: GanttStep;
  bar: GanttBar;
}

export interface GanttLayout {
  /** Zero of all times here, since 1970: the run's start, or the first step's where clocks differ. */
  origin: Milliseconds;
  rows: readonly GanttRow[];
  /** The last moment that is known of this run. */
  last: Milliseconds;
  longestReused: Milliseconds;
  /** There is something to measure: not while a run waits. */
  hasTimes: boolean;
}

/** One row a step, in the order given. A run that has ended leaves no attempt open. */
export function ganttLayout(
  steps: readonly GanttStep[],
  run: { startMs: Milliseconds | null; endMs: Milliseconds | null },
): GanttLayout {
  const own = steps.filter(ranHere);
  const starts = own.flatMap((step) => step.startMs ?? []);
  const origin = [run.startMs ?? starts[0] ?? 0, ...starts].reduce(earlier);
  const rows = steps.map((step) => ({ step, bar: barOf(step, origin, run.endMs) }));
  const ends = own.flatMap((step) => [step.startMs ?? origin, step.endMs ?? origin]);
  const reused = rows.flatMap(({ bar }) => (bar.kind === "reused" ? bar.duration : []));
  return {
    origin,
    rows,
    last: [run.endMs ?? origin, ...ends].reduce(later) - origin,
    longestReused: reused.reduce(later, 0),
    hasTimes: run.startMs !== null || rows.some(({ bar }) => bar.kind !== "word"),
  };
}

/**
 * All of a run: its steps up to `end`, rounded so that it rarely changes while the run goes on. What was reused does
 * not stretch it, unless there is nothing else.
 */
export function wholeRange(layout: GanttLayout, end: Milliseconds): TimeRange {
  const ran = layout.rows.some((row) => row.bar.kind === "segments");
  const shown = Math.max(ran ? end : Math.max(end, layout.longestReused), SHORTEST);
  const rounded = roundedUp(shown);
  return { start: -rounded * MARGIN, end: rounded * (1 + MARGIN) };
}

const SHORTEST: Milliseconds = 10;
const MARGIN = 0.01;

/** From the first attempt's start to the last one's end; null for what has no time. */
export function durationOf({ bar }: GanttRow, now: Milliseconds): Milliseconds | null {
  if (bar.kind === "reused") return bar.duration;
  if (bar.kind === "word") return null;
  return Math.max(0, endOf(bar, now) - bar.segments[0].start);
}

/** Whether it goes on as time does. */
export function isOpen({ bar }: GanttRow): boolean {
  return bar.kind === "segments" && (bar.retryAt !== null || bar.segments.at(-1)?.end === null);
}

/** Of its last attempt; now while that runs, or while it waits for another one. */
export function endOf(bar: Extract<GanttBar, { kind: "segments" }>, now: Milliseconds): Milliseconds {
  const end = bar.segments.at(-1)?.end ?? now;
  return bar.retryAt === null ? end : Math.max(end, now);
}

function barOf(step: GanttStep, origin: Milliseconds, runEndMs: Milliseconds | null): GanttBar {
  const { startMs, endMs } = step;
  if (startMs === null || step.status === "OMITTED") return { kind: "word" };
  if (step.status === "REUSED")
    return { kind: "reused", duration: Math.max(0, (endMs ?? startMs) - startMs) };
  const attempts = step.attempts?.length ? step.attempts : [{ startMs, endMs, status: step.status }];
  const [first, ...more] = attempts.map((attempt) => segmentOf(attempt, origin, runEndMs));
  if (!first) return { kind: "word" };
  const isWaiting = step.status === "RETRYING" && runEndMs === null;
  const retryAt = isWaiting ? (step.retryAtMs ?? attempts.at(-1)?.endMs ?? startMs) - origin : null;
  return { kind: "segments", segments: [first, ...more], retryAt };
}

function segmentOf(attempt: GanttAttempt, origin: Milliseconds, runEndMs: Milliseconds | null): GanttSegment {
  const start = attempt.startMs - origin;
  const endMs = attempt.endMs ?? runEndMs;
  return { start, end: endMs === null ? null : Math.max(start, endMs - origin), status: attempt.status };
}

function ranHere(step: GanttStep): boolean {
  return step.startMs !== null && step.status !== "REUSED" && step.status !== "OMITTED";
}

function earlier(one: Milliseconds, other: Milliseconds): Milliseconds {
  return Math.min(one, other);
}

function later(one: Milliseconds, other: Milliseconds): Milliseconds {
  return Math.max(one, other);
}
