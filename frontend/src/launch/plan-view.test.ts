import { describe, expect, it } from "vitest";
import { drawn } from "./plan-drawing";
import { hiddenText, outputName, planGroups, steps, totals } from "./plan-view";

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

  it("show what is stale first", () => {
    const plan = drawn("a:r b:r c:r");
    const steps = plan.steps.map((step) => ({ ...step, isStale: step.stepKey === "c" }));
    expect(shown(planGroups({ ...plan, steps }))).toEqual(["REUSE: c a b"]);
  });

  it("keep what a filter finds in names or reasons", () => {
    expect(shown(planGroups(drawn("load:r train:x test:x"), "TRAIN"))).toEqual(["EXECUTE: train"]);
    expect(shown(planGroups(drawn("load:r train:x"), "of load"))).toEqual(["REUSE: load"]);
    expect(planGroups(drawn("load:r"), "nothing")).toEqual([]);
  });
});

it("counts in words", () => {
  expect([steps(1), steps(2), steps(2000)]).toEqual(["1 step", "2 steps", "2,000 steps"]);
  expect(hiddenText("REUSE", 1997)).toBe("and 1,997 reused steps");
  expect(hiddenText("OMIT", 1)).toBe("and 1 left out step");
});

it("calls a step's only output by the step's name", () => {
  expect(outputName({ runId: "", stepKey: "train", outputName: "result", mappingKey: null })).toBe("train");
  expect(outputName({ runId: "", stepKey: "load", outputName: "rows", mappingKey: null })).toBe("load.rows");
  expect(outputName({ runId: "", stepKey: "split", outputName: "result", mappingKey: "k1" })).toBe(
    "split[k1]",
  );
});

function shown(groups: ReturnType<typeof planGroups>): string[] {
  return groups.map((group) => `${group.action}: ${group.steps.map((step) => step.stepKey).join(" ")}`);
}
