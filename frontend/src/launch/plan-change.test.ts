import { expect, it } from "vitest";
import { difference } from "./plan-change";
import { drawn } from "./plan-drawing";
import type { PlannedStep } from "./plan-fields";

it.each([
  ["a:r b:x", "a:x b:x c:x", "It now executes a, c."],
  ["a:x b:x c:r", "a:r b:- c:r", "It now reuses a; now leaves out b."],
  ["a:x b:x", "a:x", "It no longer has b."],
  ["a:r b:r c:r d:r e:r f:r g:r", "a:x b:x c:x d:x e:x f:x g:x", "It now executes a, b, c, d, e and 2 more."],
])("from %s to %s", (before, after, told) => {
  expect(difference(drawn(before), drawn(after))).toBe(told);
});

function changed(more: Partial<PlannedStep>): string {
  const before = drawn("a:r b:x");
  const steps = before.steps.map((step) => (step.stepKey === "b" ? { ...step, ...more } : step));
  return difference(before, { ...before, id: "other", steps });
}

it("tells what it does the same on", () => {
  expect(changed({ reason: "code changed" })).toBe(
    "It does the same with every step; has another reason for b.",
  );
  const sources = [{ runId: "r2", stepKey: "a", outputName: "result", mappingKey: null }];
  expect(changed({ inputs: [{ name: "a", sources }] })).toBe(
    "It does the same with every step; loads other data into b.",
  );
  expect(changed({})).toBe("It does the same with every step; on other code or config.");
});
