import { expect, it } from "vitest";
import { namesAbove } from "./config-completions";
import { propertiesAt } from "./config-schema";

it("knows under which names a line stands", () => {
  const text = `steps: # all of them
  load:
    config:
      seed: 1
  "train":
    config: # here
      depth: 3`;
  expect(namesAbove(text.split("\n"), 6)).toEqual(["steps", "train", "config"]);
  expect(namesAbove(text.split("\n"), 2)).toEqual(["steps"]);
  expect(namesAbove(text.split("\n"), 0)).toEqual([]);
});

it("knows which names may stand there", () => {
  const schema = {
    properties: { steps: { properties: { train: { $ref: "#/$defs/Train" } } } },
    $defs: { Train: { properties: { config: { description: "How it is trained" } } } },
  };
  expect(propertiesAt(schema, ["steps", "train"])).toEqual([{ name: "config", note: "How it is trained" }]);
  expect(propertiesAt(schema, ["steps", "nothing"])).toEqual([]);
  expect(propertiesAt(null, [])).toEqual([]);
});
