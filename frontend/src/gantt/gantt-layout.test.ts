import { describe, expect, it } from "vitest";
import type { StepStatus } from "../shared/status";
import {
  durationOf,
  endOf,
  type GanttAttempt,
  type GanttStep,
  ganttLayout,
  isOpen,
  wholeRange,
} from "./gantt-layout";

const RUN_START = 1_000_000;

/** "load:0-4 success", "fetch:0-4 failure 8- running", "report blocked", "train:-90--40 reused". */
function step(drawn: string): GanttStep {
  const [, key = "", rest = ""] = /^([^: ]+)[: ]?(.*)$/.exec(drawn) ?? [];
  const found = [...rest.matchAll(/(-?\d+)-(-?\d+)? (\w+)/g)];
  const attempts = found.map(
    ([, start, end, status]): GanttAttempt => ({
      startMs: RUN_START + Number(start),
      endMs: end === undefined ? null : RUN_START + Number(end),
      status: asStatus(status),
    }),
  );
  return {
    key,
    status: attempts.at(-1)?.status ?? asStatus(rest),
    startMs: attempts[0]?.startMs ?? null,
    endMs: attempts.at(-1)?.endMs ?? null,
    attempts,
    retryAtMs: null,
    reusedFromRunId: null,
  };
}

function asStatus(word: string | undefined): StepStatus {
  return String(word).toUpperCase() as StepStatus;
}

function layout(drawn: string[], endMs: number | null = null) {
  return ganttLayout(drawn.map(step), {
    startMs: RUN_START,
    endMs: endMs === null ? null : RUN_START + endMs,
  });
}

/** Rows as they are drawn: "load 0-4", "fetch 0-4 8-...", "report (blocked)", "train [50]". */
function rows(drawn: string[], endMs: number | null = null): string[] {
  return layout(drawn, endMs).rows.map(({ step: { key, status }, bar }) => {
    if (bar.kind === "word") return `${key} (${status.toLowerCase()})`;
    if (bar.kind === "reused") return `${key} [${bar.duration}]`;
    return [key, ...bar.segments.map(({ start, end }) => `${start}-${end ?? "..."}`)].join(" ");
  });
}

describe("ganttLayout", () => {
  it("puts retries on the row of their step, with the gap between them", () => {
    // fetch: x---x    *---
    expect(rows(["fetch:0-4 failure 8- running"])).toEqual(["fetch 0-4 8-..."]);
  });

  it("keeps the order of the steps", () => {
    expect(rows(["b:5-6 success", "a:0-5 success"])).toEqual(["b 5-6", "a 0-5"]);
  });

  it("says in a word why a step has no time", () => {
    const steps = ["a pending", "b blocked", "c skipped", "d omitted", "e canceled"];
    expect(rows(steps)).toEqual(["a (pending)", "b (blocked)", "c (skipped)", "d (omitted)", "e (canceled)"]);
  });

  it("draws a reused step by how long it took then", () => {
    expect(rows(["train:-90--40 reused", "skipped_then reused"])).toEqual([
      "train [50]",
      "skipped_then (reused)",
    ]);
  });

  it("draws a step that waits to be tried again up to now, until it is", () => {
    const waiting = { ...step("fetch:0-4 failure"), status: "RETRYING" as const, retryAtMs: RUN_START + 30 };
    const [row] = ganttLayout([waiting], { startMs: RUN_START, endMs: null }).rows;
    if (row?.bar.kind !== "segments") throw new Error("It has a bar.");
    expect([row.bar.retryAt, isOpen(row), endOf(row.bar, 20)]).toEqual([30, true, 20]);
    // After a lost attempt: at once.
    const lost = { ...waiting, retryAtMs: null };
    expect(ganttLayout([lost], { startMs: RUN_START, endMs: null }).rows[0]?.bar).toMatchObject({
      retryAt: 4,
    });
    // A run that has ended leaves nothing open.
    const [ended] = ganttLayout([waiting], { startMs: RUN_START, endMs: RUN_START + 9 }).rows;
    expect(ended && isOpen(ended)).toBe(false);
  });

  it("draws one bar where attempts are not known one by one", () => {
    const unknown = { ...step("a:2-7 success"), attempts: null };
    const { rows } = ganttLayout([unknown], { startMs: RUN_START, endMs: null });
    expect(rows[0]?.bar).toEqual({
      kind: "segments",
      retryAt: null,
      segments: [{ start: 2, end: 7, status: "SUCCESS" }],
    });
  });

  it("ends with the run what was left open", () => {
    expect(rows(["a:2- running"], 9)).toEqual(["a 2-9"]);
  });

  it("begins with the first step where a worker's clock is behind the run's", () => {
    expect(rows(["a:-3-1 success", "b:1-4 success"])).toEqual(["a 0-4", "b 4-7"]);
  });

  it("begins with the first step where the run's start is not known", () => {
    const steps = ["a reused", "b:20-30 success"].map(step);
    expect(ganttLayout(steps, { startMs: null, endMs: null }).origin).toBe(RUN_START + 20);
  });

  it("knows the last moment of the run", () => {
    expect(layout(["a:0-4 success", "b:1- running"]).last).toBe(4);
    expect(layout(["a:0-4 success"], 6).last).toBe(6);
    expect(layout([]).last).toBe(0);
  });

  it("has nothing to measure while the run waits", () => {
    const waiting = ["a pending", "b pending"].map(step);
    expect(ganttLayout(waiting, { startMs: null, endMs: null }).hasTimes).toBe(false);
    expect(ganttLayout(waiting, { startMs: RUN_START, endMs: null }).hasTimes).toBe(true);
  });

  it("lays out many thousands of steps", () => {
    const many = Array.from({ length: 20_000 }, (_, number) =>
      step(`s${number}:${number}-${number + 1} success`),
    );
    expect(ganttLayout(many, { startMs: RUN_START, endMs: null }).last).toBe(20_000);
  });
});

describe("wholeRange", () => {
  it("is not stretched by what was reused", () => {
    const { end } = wholeRange(layout(["train:-7200000-0 reused", "test:0-900 success"]), 900);
    expect(end).toBeCloseTo(909);
  });

  it("shows what was reused where nothing else is", () => {
    expect(wholeRange(layout(["train:-7200000-0 reused"]), 0).end).toBeGreaterThan(7_200_000);
  });

  it("has a length even where nothing has one", () => {
    const { start, end } = wholeRange(layout([]), 0);
    expect(end - start).toBeGreaterThan(0);
  });

  it("stays while a run goes on, then moves by some", () => {
    const running = layout(["a:0- running"]);
    expect(wholeRange(running, 4600)).toEqual(wholeRange(running, 4900));
    expect(wholeRange(running, 5100)).not.toEqual(wholeRange(running, 4900));
  });
});

describe("durationOf", () => {
  it.each([
    ["a:2-7 success", 5],
    ["a:2-4 failure 6-9 success", 7],
    ["a:2- running", 18],
    ["a:50- running", 0],
    ["a:3-3 success", 0],
    ["a:-90--40 reused", 50],
    ["a pending", null],
  ])("of %s at 20 ms is %s", (drawn, duration) => {
    expect(layout([drawn]).rows.map((row) => durationOf(row, 20))).toEqual([duration]);
  });
});

describe("isOpen", () => {
  it.each([
    ["a:0- running", true],
    ["a:0-3 failure", false],
    ["a:-9--3 reused", false],
    ["a pending", false],
  ])("%s: %s", (drawn, open) => {
    expect(layout([drawn]).rows.map(isOpen)).toEqual([open]);
  });
});
