import { describe, expect, it } from "vitest";
import type { SelectionAnswer } from "../selection/use-selection";
import type { Strategy } from "./plan-fields";
import { choices, countedLabel, mainChoice, mainLabel, type Situation } from "./reexecution-choices";

const FAILED: Situation = {
  options: [
    option("ALL_STEPS", ["load", "train", "test", "analyses"]),
    option("SELECTED_STEPS"),
    option("FROM_SELECTED"),
    option("FROM_FAILURE", ["test", "analyses"]),
    option("FROM_CHANGED", ["train", "test", "analyses"]),
  ],
  hasEnded: true,
  canLaunch: true,
  selection: { kind: "none" },
  fromSelectedCount: null,
};

const SETTLED: Situation = {
  ...FAILED,
  options: [
    option("ALL_STEPS", ["load", "train"]),
    { strategy: "FROM_FAILURE", enabled: false, disabledReason: "Every step is settled.", stepKeys: [] },
  ],
};

const TWO: SelectionAnswer = { kind: "keys", stepKeys: ["train", "test"] };
const WRONG: SelectionAnswer = {
  kind: "error",
  message: "no step 'tran'",
  start: 0,
  end: 4,
  suggestions: [],
};

describe("the main button", () => {
  it("re-executes the selection where there is one", () => {
    expect(main({ ...FAILED, selection: TWO })).toBe("Re-execute selected steps (2)");
  });

  it("else re-executes from failure", () => {
    expect(main(FAILED)).toBe("Re-execute from failure (2)");
  });

  it("else re-executes all", () => {
    expect(main(SETTLED)).toBe("Re-execute all steps (2)");
  });

  it("says what it waits for while nothing is known", () => {
    expect(main({ ...FAILED, options: null })).toBe("Re-execute");
  });

  it("cannot be used before the run has ended", () => {
    expect(whyNot({ ...FAILED, hasEnded: false })).toBe("The run has not ended yet: cancel it, or wait.");
  });

  it("cannot be used by one who may only look", () => {
    const viewed = { ...FAILED, canLaunch: false };
    expect(main(viewed)).toBe("Re-execute from failure (2)");
    expect(whyNot(viewed)).toBe("Your token lets you look at runs, not launch any: ask for an operator's.");
  });

  it("cannot be used with a selection that has an error, or picks nothing", () => {
    expect(whyNot({ ...FAILED, selection: WRONG })).toBe("The selection has an error: no step 'tran'");
    expect(whyNot({ ...FAILED, selection: { kind: "keys", stepKeys: [] } })).toBe(
      "The selection picks no step.",
    );
  });

  it("can be used while the selection is asked about", () => {
    expect(whyNot({ ...FAILED, selection: { kind: "asking", stepKeys: ["a"] } })).toBeNull();
  });
});

describe("the menu", () => {
  it("counts what each would execute, as far as it is known", () => {
    expect(menu({ ...FAILED, selection: TWO, fromSelectedCount: 3 })).toEqual([
      "All steps (4)",
      "Selected steps (2)",
      "From selected (3)",
      "From failure (2)",
      "From changed (3)",
    ]);
  });

  it("says that steps are to be selected first", () => {
    const [, selected, from] = choices(FAILED);
    expect(selected?.disabledReason).toMatch(/^Select steps first/);
    expect(from?.disabledReason).toMatch(/^Select steps first/);
  });

  it("says why from failure does not apply, in the service's words", () => {
    expect(choices(SETTLED).map((one) => [one.label, one.count, one.disabledReason])).toEqual([
      ["All steps", 2, null],
      ["From failure", null, "Every step is settled."],
    ]);
  });

  it("takes in a strategy that it does not know", () => {
    const unknown = option("FROM_ELSEWHERE" as Strategy, ["a"]);
    expect(menu({ ...FAILED, options: [unknown] })).toEqual(["From elsewhere (1)"]);
  });
});

function option(strategy: Strategy, stepKeys: string[] = []) {
  return { strategy, enabled: true, disabledReason: null, stepKeys };
}

function main(situation: Situation): string {
  return mainLabel(mainChoice(situation));
}

function whyNot(situation: Situation): string | null | undefined {
  return mainChoice(situation)?.disabledReason;
}

function menu(situation: Situation): string[] {
  return choices(situation).map(countedLabel);
}
