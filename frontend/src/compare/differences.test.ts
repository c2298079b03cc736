import { describe, expect, it } from "vitest";
import type { StepStatus } from "../shared/status";
import type { ComparedStep, Comparison } from "./compare-queries";
import {
  changesOf,
  configChanges,
  deltaText,
  differs,
  outputsText,
  shownSteps,
  summary,
} from "./differences";

function compared(
  base: StepStatus | null,
  other: StepStatus | null,
  more: Partial<ComparedStep> = {},
): ComparedStep {
  const side = (status: StepStatus | null) => status && { status, durationMs: null, reusedFromRunId: null };
  return {
    stepKey: "train",
    base: side(base),
    other: side(other),
    durationDeltaMs: null,
    codeChanged: false,
    configChanged: false,
    inputsIdentical: null,
    outputsIdentical: null,
    ...more,
  };
}

describe("a step differs", () => {
  it.each<[boolean, ComparedStep]>([
    [false, compared("SUCCESS", "SUCCESS", { outputsIdentical: true, durationDeltaMs: 5000 })],
    [false, compared("SUCCESS", "REUSED")],
    [false, compared("BLOCKED", "BLOCKED")],
    [true, compared("FAILURE", "SUCCESS")],
    [true, compared("SUCCESS", null)],
    [true, compared("SUCCESS", "SUCCESS", { outputsIdentical: false })],
    [true, compared("SUCCESS", "SUCCESS", { outputsIdentical: true, codeChanged: true })],
    [true, compared("SUCCESS", "REUSED", { configChanged: true })],
    [true, compared("SUCCESS", "SUCCESS", { inputsIdentical: false })],
  ])("%s: case %#", (expected, step) => {
    expect(differs(step)).toBe(expected);
  });
});

it("shows what is asked for", () => {
  const steps = [
    compared("SUCCESS", "SUCCESS", { stepKey: "load" }),
    compared("FAILURE", "SUCCESS", { stepKey: "train" }),
    compared("FAILURE", "SUCCESS", { stepKey: "test" }),
  ];
  const shown = (onlyDifferences: boolean, part: string) =>
    shownSteps(steps, { onlyDifferences, part }).map((step) => step.stepKey);
  expect(shown(false, "")).toEqual(["load", "train", "test"]);
  expect(shown(true, "")).toEqual(["train", "test"]);
  expect(shown(true, "TR")).toEqual(["train"]);
});

it("sums up what differs", () => {
  const steps = [
    compared("FAILURE", "SUCCESS", { codeChanged: true }),
    compared("SUCCESS", "SUCCESS", { outputsIdentical: false, codeChanged: true }),
  ];
  const configDiff = [{ path: "/steps/train/config/rate", base: 0.5, other: 0.7 }];
  expect(summary({ steps, configDiff } as unknown as Comparison)).toEqual([
    "another outcome in 1 step",
    "other outputs in 1 step",
    "other code in 2 steps",
    "the run configs differ",
  ]);
  expect(summary({ steps: [], configDiff: [] } as unknown as Comparison)).toEqual([]);
});

it("tells config values as JSON, and what is not there apart from null", () => {
  expect(
    configChanges([
      { path: "/a", base: null },
      { path: "/b", base: "x", other: 1 },
    ]),
  ).toEqual([
    { path: "/a", base: "null", other: null },
    { path: "/b", base: '"x"', other: "1" },
  ]);
});

it.each([
  [1200, "+1.2 s"],
  [-340, "−340 ms"],
  [0.2, "±0 ms"],
])("%d ms more is %s", (delta, text) => {
  expect(deltaText(delta)).toBe(text);
});

it("says of outputs what is known", () => {
  expect(outputsText(compared("SUCCESS", "SUCCESS", { outputsIdentical: true }))).toBe("identical");
  expect(outputsText(compared("SUCCESS", "SUCCESS", { outputsIdentical: false }))).toBe("different");
  expect(outputsText(compared("SUCCESS", "REUSED"))).toBe("not known");
  expect(outputsText(compared("SUCCESS", "FAILURE"))).toBe("");
});

it("names what made the outputs differ", () => {
  expect(changesOf(compared("SUCCESS", "SUCCESS", { codeChanged: true, inputsIdentical: false }))).toEqual([
    "code",
    "inputs",
  ]);
});
