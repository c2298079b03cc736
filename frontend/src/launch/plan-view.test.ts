import { describe, expect, it } from "vitest";
import type { Plan, PlannedStep, StepAction } from "./plan-fields";
import { difference, hiddenText, outputName, planGroups, steps, totals } from "./plan-view";

const ACTIONS: Record<string, StepAction> = { x: "EXECUTE", r: "REUSE", "-": "OMIT" };

/** "load:r train:x": what is done with each step. */
function drawn(drawing: string, more: Partial<Plan> = {}): Plan {
  const planned = drawing.split(" ").map((one): PlannedStep => {
    const [stepKey = "", mark = ""] = one.split(":");
    const action = ACTIONS[mark] ?? "OMIT";
    return {
      stepKey,
      action,
      reason: `reason of ${stepKey}`,
      inputs: [],
      reusedFromRunId: null,
      isStale: false,
      estimatedDurationMs: null,
    };
  });
  return {
    id: drawing,
    parentRunId: "parent",
    strategy: "FROM_FAILURE",
    stepKeysToExecute: [],
    timeSavedMs: 0,
    estimatedDurationMs: null,
    warnings: [],
    steps: planned,
    ...more,
  };
}

describe("the totals", () => {
  it("say what executes, what is reused, what that saves, what is left out", () => {
    expect(totals(drawn("a:r b:r c:x d:x", { timeSavedMs: 5300 }))).toBe(
      "Executes 2 steps, reuses 2 and saves 5.3 s, leaves 0 out",
    );
  });

  it("say nothing of time where none is saved", () => {
    expect(totals(drawn("a:x b:-"))).toBe("Executes 1 step, reuses 0, leaves 1 out");
  });

  it("of a first run say nothing of what is reused", () => {
    const first = { parentRunId: null, strategy: null };
    expect(totals(drawn("a:x b:x", first))).toBe("Executes 2 steps");
    expect(totals(drawn("a:x b:-", first))).toBe("Executes 1 step, leaves 1 out");
  });
});

describe("the groups", () => {
  it("begin with what executes, each in the plan's order", () => {
    expect(shown(planGroups(drawn("a:r b:x c:- d:r e:x")))).toEqual([
      "EXECUTE: b e",
      "REUSE: a d",
      "OMIT: c",
    ]);
  });

  it("keep what a filter finds in names or reasons", () => {
    expect(shown(planGroups(drawn("load:r train:x test:x"), "TRAIN"))).toEqual(["EXECUTE: train"]);
    expect(shown(planGroups(drawn("load:r train:x"), "of load"))).toEqual(["REUSE: load"]);
    expect(planGroups(drawn("load:r"), "nothing")).toEqual([]);
  });
});

describe("another plan", () => {
  it("names the steps that are treated otherwise", () => {
    expect(difference(drawn("a:r b:x"), drawn("a:x b:x c:x"))).toBe("Otherwise than before: a, c.");
  });

  it("names a few of many", () => {
    const before = drawn("a:r b:r c:r d:r e:r f:r g:r");
    const after = drawn("a:x b:x c:x d:x e:x f:x g:x");
    expect(difference(before, after)).toBe("Otherwise than before: a, b, c, d, e and 2 more.");
  });

  it("may differ in what is not seen here", () => {
    expect(difference(drawn("a:r"), drawn("a:r", { id: "other" }))).toBe("");
  });
});

it("counts in words", () => {
  expect([steps(1), steps(2), steps(2000)]).toEqual(["1 step", "2 steps", "2,000 steps"]);
  expect(hiddenText("REUSE", 1997)).toBe("and 1,997 reused steps");
  expect(hiddenText("OMIT", 1)).toBe("and 1 left out step");
});

it("calls a step's only output by the step's name", () => {
  expect(outputName({ runId: "", stepKey: "train", outputName: "result" })).toBe("train");
  expect(outputName({ runId: "", stepKey: "load", outputName: "rows" })).toBe("load.rows");
});

function shown(groups: ReturnType<typeof planGroups>): string[] {
  return groups.map((group) => `${group.action}: ${group.steps.map((step) => step.stepKey).join(" ")}`);
}
