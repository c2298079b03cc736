// The visible part of a run's time, and what moves it.
import { useState } from "react";
import type { Milliseconds } from "../shared/time";
import type { TimeRange } from "./time-scale";
import { followingView, pannedView, type Run, type View, visibleRange, WHOLE, zoomedView } from "./viewport";

export interface Viewport {
  range: TimeRange;
  isWhole: boolean;
  /** It stays where one moved it to. */
  isFixed: boolean;
  /** About the middle where no moment is given; about the run's end where that is followed. */
  zoom: (factor: number, about?: Milliseconds) => void;
  panBy: (time: Milliseconds) => void;
  showWhole: () => void;
  follow: () => void;
}

export function useViewport(run: Run, isLive: boolean): Viewport {
  const [view, setView] = useState<View>(WHOLE);
  const range = visibleRange(view, run);
  return {
    range,
    isWhole: view.kind === "whole",
    isFixed: view.kind === "fixed",
    zoom: (factor, about) =>
      setView((current) => zoomedView(current, run, factor, about ?? pointOfInterest(current, run, isLive))),
    panBy: (time) => setView((current) => pannedView(current, run, time)),
    showWhole: () => setView(WHOLE),
    follow: () => setView((current) => followingView(current, run)),
  };
}

function pointOfInterest(view: View, run: Run, isLive: boolean): Milliseconds | "end" {
  if (isLive && view.kind !== "fixed") return "end";
  const { start, end } = visibleRange(view, run);
  return (start + end) / 2;
}
