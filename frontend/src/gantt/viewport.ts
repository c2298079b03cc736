// Which times are visible: the whole run, its end, or what one has moved to (pure).
import type { Milliseconds } from "../shared/time";
import { clamped, lengthOf, panned, type TimeRange, zoomed } from "./time-scale";

export type View =
  | { kind: "whole" }
  /** So much of the run's end, as it goes on. */
  | { kind: "end"; length: Milliseconds }
  | { kind: "fixed"; range: TimeRange };

export const WHOLE: View = { kind: "whole" };

/** `whole` is all of the run, `end` its last moment so far. */
export interface Run {
  whole: TimeRange;
  end: Milliseconds;
}

export function visibleRange(view: View, { whole, end }: Run): TimeRange {
  if (view.kind === "whole") return whole;
  if (view.kind === "fixed") return clamped(view.range, whole);
  // Moved by quarters: what is looked at stands still most of the time.
  const quarter = view.length / 4;
  const last = Math.ceil(end / quarter) * quarter;
  return clamped({ start: last - view.length, end: last }, { ...whole, end: Math.max(whole.end, last) });
}

/** Zooms about a moment; about the run's end, it goes on following it. */
export function zoomedView(view: View, run: Run, factor: number, about: Milliseconds | "end"): View {
  const visible = visibleRange(view, run);
  const range = zoomed(visible, about === "end" ? visible.end : about, factor, run.whole);
  if (lengthOf(range) >= lengthOf(run.whole)) return WHOLE;
  return about === "end" ? { kind: "end", length: lengthOf(range) } : { kind: "fixed", range };
}

export function pannedView(view: View, run: Run, by: Milliseconds): View {
  if (view.kind === "whole") return view;
  return { kind: "fixed", range: panned(visibleRange(view, run), by, run.whole) };
}

/** Back to the run's end, as close as before. */
export function followingView(view: View, run: Run): View {
  return { kind: "end", length: lengthOf(visibleRange(view, run)) };
}
