import { expect, it } from "vitest";
import type { Bulk, BulkPlan } from "./bulk-queries";
import { acceptedOf, filterText, planText, progressText, stateText } from "./bulk-words";

const PLAN: BulkPlan = {
  runs: 40,
  stepsToExecute: 76,
  estimatedDurationMs: 200_000,
  refusals: [{ message: "Nothing is left to do from failure.", runs: 2 }],
};

it("says what a bulk would do", () => {
  expect(acceptedOf(PLAN)).toBe(38);
  expect(planText("REEXECUTE", PLAN)).toBe(
    "Re-executes 38 of 40 runs, 76 steps in all. One after the other they take about 3 min 20 s.",
  );
  expect(
    planText("REEXECUTE", { ...PLAN, runs: 1, stepsToExecute: 1, estimatedDurationMs: null, refusals: [] }),
  ).toBe("Re-executes 1 run, 1 step in all.");
  expect(planText("CANCEL", { ...PLAN, refusals: [] })).toBe("Cancels 40 runs.");
});

it.each([
  [{}, "runs of all pipelines"],
  [{ pipelineName: "daily", unresolvedOnly: true }, "runs of daily, failed and unresolved"],
  [
    { statuses: ["QUEUED" as const, "RUNNING" as const], tags: [{ key: "team", value: "ml" }] },
    "runs of all pipelines, with status queued or running, tagged team: ml",
  ],
])("names the runs that a filter is about: case %#", (filter, text) => {
  expect(filterText(filter)).toBe(text);
});

const BULK: Bulk = {
  id: "b1",
  action: "REEXECUTE",
  total: 1200,
  launched: 12,
  refused: 0,
  done: false,
  canceled: false,
  startedAt: "2026-11-22T05:02:11Z",
  launchedBy: null,
  reason: null,
  refusals: [],
};

it("says how far it is", () => {
  expect(`${stateText(BULK)}: ${progressText(BULK)}`).toBe("Going on: 12 of 1,200 re-executed");
  const canceled = { ...BULK, refused: 3, done: true, canceled: true };
  expect(`${stateText(canceled)}: ${progressText(canceled)}`).toBe(
    "Stopped: 12 of 1,200 re-executed, 3 refused",
  );
  expect(stateText({ ...BULK, done: true })).toBe("Done");
});
