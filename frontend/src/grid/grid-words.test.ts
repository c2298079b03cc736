import { describe, expect, it } from "vitest";
import type { GridCell, GridRow, GridRun } from "./grid-layout";
import { cellName, countText, launchWords, runName } from "./grid-words";

const RUN: GridRun = {
  id: "01a202e4-f6cc-7000-8000-000000000000",
  rootRunId: "01a202e4-f6cc-7000-8000-000000000000",
  status: "SUCCESS",
  createdAt: "2026-11-22T05:02:11Z",
  steps: [],
  staleKeys: new Set(),
};
const ROW: GridRow = { key: "train", kind: "step", of: "train", isUnfolded: false, cells: [] };
const CELL: GridCell = { stepKey: "train", state: "SUCCESS", inState: 1, elements: 1, durationMs: 5300 };

describe("a cell's name", () => {
  it("is the step, its run, the status and the duration", () => {
    expect(cellName(ROW, RUN, CELL)).toBe("train in run 01a202e4-f6cc, success, 5.3 s");
    const stale: GridCell = { ...CELL, state: "STALE", durationMs: null };
    expect(cellName(ROW, RUN, stale)).toBe("train in run 01a202e4-f6cc, reused, stale");
  });

  it("counts elements", () => {
    const row: GridRow = { ...ROW, key: "work[?]", kind: "mapped" };
    const cell: GridCell = { ...CELL, state: "FAILURE", inState: 2, elements: 1500 };
    expect(cellName(row, RUN, cell)).toBe("work[?] in run 01a202e4-f6cc, failure 2 of 1,500, 5.3 s");
  });

  it("says why there is nothing", () => {
    expect(cellName(ROW, RUN, null)).toBe("train in run 01a202e4-f6cc, no such step");
    expect(cellName(ROW, { ...RUN, steps: null }, null)).toBe("train in run 01a202e4-f6cc, being read");
  });
});

describe("the number in a cell", () => {
  it("is how many elements are so, as in its name", () => {
    expect(countText(CELL)).toBeNull();
    expect(countText({ ...CELL, elements: 3 })).toBe("1");
    expect(countText({ ...CELL, inState: 1500, elements: 2000 })).toBe("1,500");
  });
});

describe("a run's name", () => {
  it("has in it what its column shows", () => {
    const { day, time } = launchWords(RUN);
    expect(runName(RUN)).toBe(`Run 01a202e4-f6cc, success, ${day} ${time}`);
    expect(runName({ ...RUN, rootRunId: "another" })).toContain("re-execution");
  });
});
