import { describe, expect, it } from "vitest";
import type { StepStatus } from "../shared/status";
import { type GanttAttempt, type GanttStep, ganttLayout } from "./gantt-layout";
import { barWords, nameOf, tooltipLines } from "./row-words";

function row(status: StepStatus, ...attempts: [start: number, end: number | null, status: StepStatus][]) {
  const tries = attempts.map(([startMs, endMs, status]): GanttAttempt => ({ startMs, endMs, status }));
  const step: GanttStep = {
    key: "train",
    status,
    startMs: tries[0]?.startMs ?? null,
    endMs: tries.at(-1)?.endMs ?? null,
    attempts: tries,
    retryAtMs: status === "RETRYING" ? 30_000 : null,
    reusedFromRunId: status === "REUSED" ? "01a202e4-f6d9-7036-b478-519c559b1cee" : null,
  };
  const [only] = ganttLayout([step], { startMs: 0, endMs: null }).rows;
  if (!only) throw new Error("A step has a row.");
  return only;
}

const SUCCESS = row("SUCCESS", [0, 5260, "SUCCESS"]);
const RUNNING = row("RUNNING", [1000, null, "RUNNING"]);
const REUSED = row("REUSED", [-9000, -6900, "SUCCESS"]);
const WAITING = row("RETRYING", [0, 400, "FAILURE"]);
const RETRIED = row("SUCCESS", [0, 400, "FAILURE"], [900, 1300, "SUCCESS"]);

describe("nameOf", () => {
  it.each([
    [SUCCESS, 0, "train, success, 5.3 s"],
    [RUNNING, 13_400, "train, running, 12 s"],
    [RUNNING, 76_000, "train, running, 1 min 15 s"],
    [RUNNING, 200, "train, running, 0 s"],
    [REUSED, 0, "train, reused, 2.1 s"],
    [RETRIED, 0, "train, success, 1.3 s"],
    [WAITING, 1000, "train, retrying, tries again in 29 s"],
    [WAITING, 40_000, "train, retrying, tries again now"],
    [row("BLOCKED"), 0, "train, blocked"],
  ])("case %#", (one, now, name) => {
    expect(nameOf(one, now)).toBe(name);
  });
});

it("says of a reused step that it is stale", () => {
  expect(nameOf(REUSED, 0, true)).toBe("train, reused, 2.1 s, stale");
});

describe("barWords", () => {
  it.each([
    [SUCCESS, ["5.3 s"]],
    [REUSED, ["2.1 s from 01a202e4-f6d9", "2.1 s"]],
    [row("REUSED"), ["reused from 01a202e4-f6d9", "reused"]],
    [WAITING, ["tries again in 30 s"]],
    [row("PENDING"), ["pending"]],
  ])("case %#", (one, words) => {
    expect(barWords(one, 0)).toEqual(words);
  });
});

describe("tooltipLines", () => {
  it("tells of a step that waits what it waits for, and what has failed", () => {
    const lines = tooltipLines(WAITING, 0, 5000);
    expect(lines).toContainEqual({ label: "Now", value: "tries again in 25 s" });
    expect(lines).toContainEqual({ label: "Attempts", value: "1: failure" });
  });

  it("tells each attempt where there were several", () => {
    expect(tooltipLines(RETRIED, 0, 0)).toContainEqual({ label: "Attempts", value: "2: failure, success" });
  });

  it("tells moments, and how long after the run's start they were", () => {
    const [started, ended] = tooltipLines(SUCCESS, 0, 0);
    expect(started?.value).toBe(`${new Date(0).toLocaleString()} (+0 ms)`);
    expect(ended?.value).toContain("(+5.3 s)");
  });

  it("has nothing to tell of a step without times", () => {
    expect(tooltipLines(row("OMITTED"), 0, 0)).toEqual([]);
  });
});
