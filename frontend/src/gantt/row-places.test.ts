import { describe, expect, it } from "vitest";
import { labelColumnWidth, placedWords, rowsInSight, stretchOf, stretchOfBar, THINNEST } from "./row-places";
import { timeScale } from "./time-scale";

const LANE = 500;
// 1 px is 2 ms
const SCALE = timeScale({ start: 0, end: 1000 }, LANE);

describe("stretchOf", () => {
  it("is where the time is", () => {
    expect(stretchOf(200, 600, SCALE, LANE)).toEqual({ left: 100, width: 200 });
  });

  it("can be seen however short the time", () => {
    expect(stretchOf(200, 200, SCALE, LANE).width).toBe(THINNEST);
  });

  it("ends near the lane however close one looks", () => {
    const close = timeScale({ start: 500_000, end: 500_005 }, LANE);
    const { left, width } = stretchOf(0, 86_400_000, close, LANE);
    expect(left).toBeGreaterThan(-30);
    expect(width).toBeLessThan(LANE + 60);
  });
});

describe("stretchOfBar", () => {
  it("holds all attempts", () => {
    const bar = {
      kind: "segments" as const,
      segments: [
        { start: 100, end: 200, status: "FAILURE" as const },
        { start: 400, end: null, status: "RUNNING" as const },
      ] as const,
      retryAt: null,
    };
    expect(stretchOfBar(bar, 600, SCALE, LANE)).toEqual({ left: 50, width: 250 });
  });

  it("begins at the run's start for what was reused", () => {
    expect(stretchOfBar({ kind: "reused", duration: 80 }, 0, SCALE, LANE)).toEqual({ left: 0, width: 40 });
  });
});

describe("placedWords", () => {
  const words = (left: number, width: number, isHollow = false) =>
    placedWords({ left, width }, ["5.3 s from 01a202e4", "5.3 s"], LANE, isHollow);

  it.each([
    // |  ====5.3 s from 01a202e4   |
    [40, 80, false, "5.3 s from 01a202e4", "after"],
    // |       5.3 s from 01a202e4==|
    [300, 195, false, "5.3 s from 01a202e4", "before"],
    // |======5.3 s from 01a202e4===|
    [5, 490, false, "5.3 s from 01a202e4", "end"],
    // | [5.3 s from 01a202e4      ]|
    [5, 300, true, "5.3 s from 01a202e4", "begin"],
    // | [  ]5.3 s from 01a202e4    |
    [5, 20, true, "5.3 s from 01a202e4", "after"],
    // ===] 5.3 s from 01a202e4 is out of sight
    [-300, 200, false, "5.3 s from 01a202e4", "off-left"],
    [700, 200, false, "5.3 s from 01a202e4", "off-right"],
  ])("of a bar at %d, %d wide, hollow: %s, are %s, %s", (left, width, isHollow, said, place) => {
    expect(words(left, width, isHollow)).toEqual({ words: said, place });
  });

  it("are short where a lane is", () => {
    expect(placedWords({ left: 0, width: 90 }, ["5.3 s from 01a202e4", "5.3 s"], 170, true)).toEqual({
      words: "5.3 s",
      place: "begin",
    });
  });
});

describe("labelColumnWidth", () => {
  it.each([
    ["short keys", 4, 1200, 96],
    ["usual keys", 16, 1200, 188],
    ["long keys", 90, 1200, 320],
    ["a narrow screen", 16, 360, 144],
  ])("with %s", (_, longest, width, column) => {
    expect(labelColumnWidth(longest, width)).toBe(column);
  });
});

describe("rowsInSight", () => {
  it.each([
    ["at the top", 0, 280, 2000, { first: 0, end: 24 }],
    ["in the middle", 2800, 280, 2000, { first: 88, end: 120 }],
    ["of fewer rows than there is room for", 0, 900, 3, { first: 0, end: 3 }],
    ["scrolled to where rows were before a filter", 28_000, 280, 5, { first: 5, end: 5 }],
    ["of no rows", 0, 280, 0, { first: 0, end: 0 }],
  ])("%s", (_, scrolled, height, count, rows) => {
    expect(rowsInSight(scrolled, height, count)).toEqual(rows);
  });

  it("stay the same over a few steps of a wheel", () => {
    expect(rowsInSight(2300, 280, 2000)).toEqual(rowsInSight(2400, 280, 2000));
  });
});
