import { describe, expect, it } from "vitest";
import { onlyStep, stepWithDownstream, toggledStep } from "./selection-text";

describe("onlyStep", () => {
  it.each([
    ["train", "train"],
    ["étape_2-b", "étape_2-b"],
    ["7", "7"],
    ["7up", "7up"],
    ["And", "And"],
    ["and", '"and"'],
    ["or", '"or"'],
    ["not", '"not"'],
    ["two words", '"two words"'],
    ["a.b", "a.b"],
    ["work[k1]", "work[k1]"],
    ["work[?]", "work[?]"],
    ["work[a b]", '"work[a b]"'],
    ["a+b", '"a+b"'],
    ["*", '"*"'],
    ["in:out", '"in:out"'],
    ["f(x)", '"f(x)"'],
    ["a,b", '"a,b"'],
    ["a\u0085b", '"a\u0085b"'],
    ["", '""'],
  ])("writes the key %j as %s", (key, written) => {
    expect(onlyStep(key)).toBe(written);
  });
});

describe("stepWithDownstream", () => {
  it.each([
    ["train", "train*"],
    ["7", "7*"],
    ["not", '"not"*'],
    ["two words", '"two words"*'],
  ])("writes the operator of %j outside its quotes: %s", (key, written) => {
    expect(stepWithDownstream(key)).toBe(written);
  });
});

describe("toggledStep", () => {
  it("adds a step behind those that are picked", () => {
    expect(toggledStep(["load", "train"], "and")).toBe('load, train, "and"');
  });

  it("takes out a step that is picked", () => {
    expect(toggledStep(["load", "and", "train"], "and")).toBe("load, train");
  });

  it("begins a selection", () => {
    expect(toggledStep([], "train")).toBe("train");
  });

  it("is empty when none is left", () => {
    expect(toggledStep(["train"], "train")).toBe("");
  });
});
