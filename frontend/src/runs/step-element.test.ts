import { expect, it } from "vitest";
import { elementOf } from "./step-element";

it.each([
  ["work[k1]", { of: "work", mappingKey: "k1" }],
  ["checks.work[k_2]", { of: "checks.work", mappingKey: "k_2" }],
  ["work[?]", { of: "work", mappingKey: null }],
  ["work", null],
])("reads %s", (key, element) => {
  expect(elementOf(key)).toEqual(element);
});
