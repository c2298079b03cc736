// @vitest-environment node
import { expect, it } from "vitest";
import { afterShowing, clicked, madeBy, pickedNow, type Shown } from "./step-click";

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

const ANALYSES: Shown = { text: "analyses", picked: ["analyses"], isKnown: true };

it("counts on the clicks before it while the page still shows what was", () => {
  const test = madeBy("test", "only", ANALYSES, null);
  expect(pickedNow(ANALYSES, test)).toEqual(["test"]);
  const both = madeBy("analyses", "toggle", ANALYSES, test);
  expect(both).toMatchObject({ text: "test, analyses", picked: ["test", "analyses"] });
  const between = { text: "test", picked: ["analyses"], isKnown: false };
  expect(pickedNow(between, afterShowing("test", both))).toEqual(["test", "analyses"]);
});

it("counts on the click before it until the service has told what its text picks", () => {
  const last = afterShowing("test", madeBy("test", "only", ANALYSES, null));
  expect(pickedNow({ text: "test", picked: ["analyses"], isKnown: false }, last)).toEqual(["test"]);
  const known = { text: "test", picked: ["test[a]", "test[b]"], isKnown: true };
  expect(pickedNow(known, last)).toEqual(["test[a]", "test[b]"]);
});

it("counts on what the page shows once that is another text", () => {
  const arrived = afterShowing("test", madeBy("test", "only", ANALYSES, null));
  expect(afterShowing("analyses", arrived)).toBeNull();
  expect(pickedNow({ text: "train*", picked: ["train", "report"], isKnown: true }, arrived)).toEqual([
    "train",
    "report",
  ]);
  expect(madeBy("train", "downstream", ANALYSES, arrived)).toBeNull();
});
