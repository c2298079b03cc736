import { describe, expect, it } from "vitest";
import { lengthOf } from "./time-scale";
import { followingView, pannedView, type Run, type View, visibleRange, WHOLE, zoomedView } from "./viewport";

const RUN: Run = { whole: { start: 0, end: 1000 }, end: 900 };

function later(end: number): Run {
  return { whole: { start: 0, end: Math.max(1000, end) }, end };
}

describe("visibleRange", () => {
  it("is all of the run at first", () => {
    expect(visibleRange(WHOLE, RUN)).toEqual({ start: 0, end: 1000 });
  });

  it("stands still for a while where it follows the end, and always shows it", () => {
    const view: View = { kind: "end", length: 400 };
    // .......|-----900|
    expect(visibleRange(view, later(810))).toEqual({ start: 500, end: 900 });
    expect(visibleRange(view, later(890))).toEqual({ start: 500, end: 900 });
    expect(visibleRange(view, later(930))).toEqual({ start: 600, end: 1000 });
    expect(visibleRange(view, later(1410))).toEqual({ start: 1100, end: 1500 });
  });

  it("stays where it was moved to while the run goes on", () => {
    const view: View = { kind: "fixed", range: { start: 100, end: 300 } };
    expect(visibleRange(view, later(5000))).toEqual({ start: 100, end: 300 });
  });
});

describe("zoomedView", () => {
  it("goes on following the end", () => {
    const view = zoomedView(WHOLE, RUN, 2, "end");
    expect(view).toEqual({ kind: "end", length: 500 });
  });

  it("shows the whole run again once it is zoomed out so far", () => {
    expect(zoomedView(zoomedView(WHOLE, RUN, 2, 300), RUN, 0.5, 300)).toEqual(WHOLE);
  });
});

describe("pannedView", () => {
  it("has nowhere to go from the whole run", () => {
    expect(pannedView(WHOLE, RUN, 100)).toEqual(WHOLE);
  });

  it("does not follow the end any more", () => {
    expect(pannedView({ kind: "end", length: 500 }, RUN, -100)).toEqual({
      kind: "fixed",
      range: { start: 400, end: 900 },
    });
  });
});

describe("followingView", () => {
  it("is as close as before", () => {
    const view = followingView({ kind: "fixed", range: { start: 100, end: 300 } }, RUN);
    expect(lengthOf(visibleRange(view, RUN))).toBe(200);
    expect(visibleRange(view, RUN).end).toBeGreaterThanOrEqual(RUN.end);
  });
});
