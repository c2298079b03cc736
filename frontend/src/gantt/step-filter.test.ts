import { expect, it } from "vitest";
import type { StepStatus } from "../shared/status";
import { ganttLayout } from "./gantt-layout";
import { filtered, filterLabel, named, type StepFilter } from "./step-filter";

const STATUSES: StepStatus[] = ["REUSED", "SUCCESS", "FAILURE", "BLOCKED", "LOST", "PENDING", "OMITTED"];
const { rows } = ganttLayout(
  STATUSES.map((status) => ({
    key: status.toLowerCase(),
    status,
    startMs: null,
    endMs: null,
    attempts: null,
    retryAtMs: null,
    reusedFromRunId: null,
  })),
  { startMs: 0, endMs: null },
);

it.each<[StepFilter, string]>([
  ["all", "reused success failure blocked lost pending omitted"],
  ["this run", "success failure blocked lost pending"],
  ["failed", "failure lost"],
])("%s shows %s", (filter, shown) => {
  expect(
    filtered(rows, filter)
      .map((row) => row.step.key)
      .join(" "),
  ).toBe(shown);
});

it.each([
  ["", 7],
  ["  ", 7],
  ["LO", 2],
  ["nowhere", 0],
])("names that hold %j", (part, count) => {
  expect(named(rows, part)).toHaveLength(count);
});

it("counts what each filter shows", () => {
  expect(filterLabel("all", 10_000)).toBe("All steps (10,000)");
});
