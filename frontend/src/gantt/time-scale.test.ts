import { describe, expect, it } from "vitest";
import {
  clamped,
  offsetLabel,
  panned,
  roundedUp,
  type TimeRange,
  ticks,
  timeScale,
  zoomed,
} from "./time-scale";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function range(start: number, end: number): TimeRange {
  return { start, end };
}

describe("timeScale", () => {
  it("goes to pixels and back", () => {
    // 1000 ms          3000 ms
    // |--------|--------|  400 px
    const scale = timeScale(range(1000, 3000), 400);
    expect(scale.toPixels(1000)).toBe(0);
    expect(scale.toPixels(2000)).toBe(200);
    expect(scale.toTime(scale.toPixels(2345))).toBeCloseTo(2345);
  });

  it("is finite for a range without length", () => {
    expect(timeScale(range(7, 7), 400).toPixels(7)).toBe(0);
  });
});

describe("zoomed", () => {
  const bounds = range(0, 1000);

  it("keeps what is under the pointer where it is", () => {
    // 0 . . 250 . . . . . . . 1000, twice as close about 250
    const closer = zoomed(range(0, 1000), 250, 2, bounds);
    expect(closer).toEqual(range(125, 625));
    expect(timeScale(closer, 100).toPixels(250)).toBeCloseTo(timeScale(bounds, 100).toPixels(250));
  });

  it("ends at the bounds", () => {
    expect(zoomed(range(400, 600), 500, 0.01, bounds)).toEqual(bounds);
    expect(zoomed(range(0, 100), 50, 0.5, bounds)).toEqual(range(0, 200));
  });

  it("comes no closer than a few milliseconds", () => {
    expect(zoomed(range(498, 503), 500, 100, bounds)).toEqual(range(498, 503));
  });
});

describe("panned", () => {
  it.each([
    [300, range(500, 700)],
    [-900, range(0, 200)],
    [900, range(800, 1000)],
  ])("moves by %d ms as far as the bounds let it", (by, moved) => {
    expect(panned(range(200, 400), by, range(0, 1000))).toEqual(moved);
  });
});

describe("clamped", () => {
  it("shortens what is longer than the bounds", () => {
    expect(clamped(range(-500, 5000), range(0, 1000))).toEqual(range(0, 1000));
  });
});

describe("ticks", () => {
  it.each([
    [range(0, 5300), 800, "0 s, 1 s, 2 s, 3 s, 4 s, 5 s"],
    [range(0, 40), 500, "0 s, 10 ms, 20 ms, 30 ms, 40 ms"],
    [range(0, 1200), 700, "0 s, 200 ms, 400 ms, 600 ms, 800 ms, 1.0 s, 1.2 s"],
    [range(61_000, 62_000), 300, "1 min 1.0 s, 1 min 1.5 s, 1 min 2.0 s"],
    [range(0, 2 * MINUTE), 500, "0 s, 30 s, 1 min, 1 min 30 s, 2 min"],
    [range(0, 3 * HOUR), 400, "0 s, 1 h, 2 h, 3 h"],
    [range(90 * MINUTE, 2 * HOUR), 400, "1 h 30 min, 1 h 40 min, 1 h 50 min, 2 h"],
    [range(0, 3 * DAY), 700, "0 s, 12 h, 1 d, 1 d 12 h, 2 d, 2 d 12 h, 3 d"],
    [range(0, 40 * DAY), 450, "0 s, 10 d, 20 d, 30 d, 40 d"],
    [range(0, 1000), 0, ""],
  ])("of %j on %d px", (visible, width, labels) => {
    expect(
      ticks(visible, width)
        .map((tick) => tick.label)
        .join(", "),
    ).toBe(labels);
  });

  it.each([1, 37, 999, 60_001, 7 * HOUR, 400 * DAY])("are few whatever the length: %d ms", (length) => {
    const count = ticks(range(123, 123 + length), 960).length;
    expect(count).toBeLessThanOrEqual(11);
  });
});

describe("roundedUp", () => {
  it.each([
    [0, 0],
    [41, 45],
    [980, 1000],
    [4757, 5000],
    [10_100, 11_000],
    [61_000, 70_000],
    [3 * HOUR + 1, 3.5 * HOUR],
  ])("%d ms is shown in %d ms", (time, end) => {
    expect(roundedUp(time)).toBe(end);
  });
});

describe("offsetLabel", () => {
  it("says what was before the start", () => {
    expect(offsetLabel(-1500, 500)).toBe("-1.5 s");
  });
});
