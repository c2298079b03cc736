// Where the parts of a row stand on the screen, in pixels of its lane (pure).
import type { Milliseconds } from "../shared/time";
import { endOf, type GanttBar } from "./gantt-layout";
import type { CssPixels, TimeScale } from "./time-scale";

export const ROW_HEIGHT: CssPixels = 28;
export const AXIS_HEIGHT: CssPixels = 28;

/** However short, it can be seen. */
export const THINNEST: CssPixels = 3;
/** Nothing is drawn further out than this: browsers lose their way in millions of pixels. */
const BEYOND: CssPixels = 20;

export interface Stretch {
  left: CssPixels;
  width: CssPixels;
}

/** A time from here to there, as much of it as is near the lane. */
export function stretchOf(
  start: Milliseconds,
  end: Milliseconds,
  scale: TimeScale,
  laneWidth: CssPixels,
): Stretch {
  const near = (x: CssPixels) => Math.min(Math.max(x, -BEYOND), laneWidth + BEYOND);
  const left = near(scale.toPixels(start));
  return { left, width: Math.max(THINNEST, near(scale.toPixels(end)) - left) };
}

/** From the first attempt's start to the last one's end, or to now while it waits for another; what was reused, from the run's start. */
export function stretchOfBar(
  bar: Exclude<GanttBar, { kind: "word" }>,
  now: Milliseconds,
  scale: TimeScale,
  laneWidth: CssPixels,
): Stretch {
  if (bar.kind === "reused") return stretchOf(0, bar.duration, scale, laneWidth);
  return stretchOf(bar.segments[0].start, endOf(bar, now), scale, laneWidth);
}

export type WordsPlace = "after" | "before" | "begin" | "end" | "off-left" | "off-right";

export interface PlacedWords {
  words: string;
  place: WordsPlace;
}

const PIXELS_A_LETTER: CssPixels = 6.6;
const AROUND_WORDS: CssPixels = 26;

/** The first of the wordings that has room somewhere; where none has, the last one at the bar's end. */
export function placedWords(
  stretch: Stretch,
  wordings: readonly [string, ...string[]],
  laneWidth: CssPixels,
  isHollow: boolean,
): PlacedWords {
  for (const words of wordings) {
    const place = placeFor(stretch, words.length * PIXELS_A_LETTER + AROUND_WORDS, laneWidth, isHollow);
    if (place) return { words, place };
  }
  return { words: wordings.at(-1) ?? wordings[0], place: "end" };
}

/** In a hollow bar, else behind the bar, before it, in it. Of a bar out of sight, at that edge. */
function placeFor(
  { left, width }: Stretch,
  wanted: CssPixels,
  laneWidth: CssPixels,
  isHollow: boolean,
): WordsPlace | null {
  const right = left + width;
  if (right < 0) return "off-left";
  if (left > laneWidth) return "off-right";
  const hasRoomInside = Math.min(right, laneWidth) - Math.max(left, 0) >= wanted;
  if (isHollow && hasRoomInside) return "begin";
  if (right + wanted <= laneWidth) return "after";
  if (left >= wanted) return "before";
  return hasRoomInside ? "end" : null;
}

/** So that the longest key can be read, or as much of it as leaves room for the bars. */
export function labelColumnWidth(longestKey: number, width: CssPixels): CssPixels {
  const most = Math.min(width * 0.4, 320);
  return Math.round(Math.min(most, Math.max(96, longestKey * 7.6 + 66)));
}

export interface RowSpan {
  first: number;
  /** Exclusive. */
  end: number;
}

/** Rows come and go by so many, not one by one with each step of a wheel. */
const ROWS_AT_ONCE = 8;

/** The rows that are in sight of a box scrolled so far, and some more on either side. */
export function rowsInSight(scrolled: CssPixels, height: CssPixels, count: number): RowSpan {
  const block = ROWS_AT_ONCE * ROW_HEIGHT;
  const within = (row: number) => Math.min(Math.max(row, 0), count);
  return {
    first: within((Math.floor(scrolled / block) - 1) * ROWS_AT_ONCE),
    end: within((Math.ceil((scrolled + height) / block) + 1) * ROWS_AT_ONCE),
  };
}
