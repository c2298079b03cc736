// Time to pixels and back for the visible range, zoom about a point, ticks that read well (pure).
import type { Milliseconds } from "../shared/time";

export type CssPixels = number;

/** Since the run's start. */
export interface TimeRange {
  start: Milliseconds;
  end: Milliseconds;
}

export interface TimeScale {
  range: TimeRange;
  pixelsPerMs: number;
  toPixels: (time: Milliseconds) => CssPixels;
  toTime: (x: CssPixels) => Milliseconds;
}

export interface Tick {
  time: Milliseconds;
  label: string;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The closest that one can look. */
const SHORTEST: Milliseconds = 5;
const TICK_DISTANCE: CssPixels = 96;
const STEPS: readonly Milliseconds[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((count) => count * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * MINUTE),
  ...[1, 2, 3, 6, 12].map((count) => count * HOUR),
];

export function lengthOf(range: TimeRange): Milliseconds {
  return range.end - range.start;
}

export function timeScale(range: TimeRange, width: CssPixels): TimeScale {
  const pixelsPerMs = width / Math.max(1, lengthOf(range));
  return {
    range,
    pixelsPerMs,
    toPixels: (time) => (time - range.start) * pixelsPerMs,
    toTime: (x) => range.start + x / pixelsPerMs,
  };
}

/** The range of `1 / factor` times the length in which `about` stays where it is, within `bounds`. */
export function zoomed(range: TimeRange, about: Milliseconds, factor: number, bounds: TimeRange): TimeRange {
  const wanted = Math.max(lengthOf(range) / factor, SHORTEST);
  const length = Math.min(wanted, lengthOf(bounds));
  const share = (about - range.start) / Math.max(lengthOf(range), Number.MIN_VALUE);
  const start = about - share * length;
  return clamped({ start, end: start + length }, bounds);
}

export function panned(range: TimeRange, by: Milliseconds, bounds: TimeRange): TimeRange {
  return clamped({ start: range.start + by, end: range.end + by }, bounds);
}

/** Moved into the bounds, and no longer than they are. */
export function clamped(range: TimeRange, bounds: TimeRange): TimeRange {
  const length = Math.min(lengthOf(range), lengthOf(bounds));
  const start = Math.min(Math.max(range.start, bounds.start), bounds.end - length);
  return { start, end: start + length };
}

/** Round times of the range, as far apart as their labels need. */
export function ticks(range: TimeRange, width: CssPixels): Tick[] {
  if (width <= 0) return [];
  const step = tickStep(lengthOf(range) * (TICK_DISTANCE / width));
  const first = Math.ceil(range.start / step);
  const count = Math.max(0, Math.floor(range.end / step) - first + 1);
  return Array.from({ length: count }, (_, index) => {
    const time = (first + index) * step;
    return { time, label: offsetLabel(time, step) };
  });
}

/** The least round time that is not less: an end that is moved to it rarely moves. */
export function roundedUp(time: Milliseconds): Milliseconds {
  const step = tickStep(Math.max(time, SHORTEST) / 12);
  return Math.ceil(time / step) * step;
}

/** The least round step that is not less; days are counted in 1, 2, 5 as milliseconds are. */
function tickStep(least: Milliseconds): Milliseconds {
  const step = STEPS.find((one) => one >= least);
  if (step !== undefined) return step;
  const days = least / DAY;
  const power = 10 ** Math.max(0, Math.floor(Math.log10(days)));
  const leading = [1, 2, 5, 10].find((one) => one * power >= days) ?? 10;
  return leading * power * DAY;
}

/** "0 s", "250 ms", "1.25 s", "1 min 30 s", "3 h 05 min", "2 d 6 h": as exact as the step asks for. */
export function offsetLabel(time: Milliseconds, step: Milliseconds): string {
  if (time < 0) return `-${offsetLabel(-time, step)}`;
  if (time === 0) return "0 s";
  if (time < SECOND) return `${time} ms`;
  if (time < MINUTE || step < SECOND) return seconds(time, step);
  if (time < HOUR) return inTwo(time, MINUTE, "min", SECOND, "s", step);
  if (time < DAY) return inTwo(time, HOUR, "h", MINUTE, "min", step);
  return inTwo(time, DAY, "d", HOUR, "h", step);
}

function seconds(time: Milliseconds, step: Milliseconds): string {
  const digits = step >= SECOND ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3;
  const minutes = Math.floor(time / MINUTE);
  const rest = ((time % MINUTE) / SECOND).toFixed(digits);
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}

function inTwo(
  time: Milliseconds,
  large: Milliseconds,
  largeName: string,
  small: Milliseconds,
  smallName: string,
  step: Milliseconds,
): string {
  const rest = Math.floor((time % large) / small);
  const count = `${Math.floor(time / large)} ${largeName}`;
  if (rest === 0 && step >= small) return count;
  const padded = large === DAY ? String(rest) : String(rest).padStart(2, "0");
  return `${count} ${padded} ${smallName}`;
}
