// @vitest-environment node
import { expect, it } from "vitest";
import { clicked } from "./step-click";

it("picks the step that is clicked, and opens its panel", () => {
  expect(clicked("train", "only", ["load", "test"])).toEqual({
    selection: "train",
    step: "train",
    attempt: undefined,
  });
});

it("picks nothing after a click on the only one picked; its panel stays", () => {
  expect(clicked("train", "only", ["train"])).toMatchObject({ selection: undefined, step: "train" });
});

it("adds a step, takes it out again, and leaves the panel as it is", () => {
  expect(clicked("test", "toggle", ["train"])).toEqual({ selection: "train, test" });
  expect(clicked("test", "toggle", ["train", "test"])).toEqual({ selection: "train" });
  expect(clicked("train", "toggle", ["train"])).toEqual({ selection: undefined });
});

it("picks a step with everything downstream", () => {
  expect(clicked("train", "downstream", [])).toMatchObject({ selection: "train*", step: "train" });
});
