// @vitest-environment node
import { expect, it } from "vitest";
import { originText, stepsText, stepsTitle } from "./run-words";

function run(strategy: "FROM_FAILURE" | "SELECTED_STEPS" | "ALL_STEPS" | null, keys: string) {
  return { strategy, stepKeysToExecute: [...keys] };
}

it.each([
  [null, "abcd", "first run, 4 steps"],
  ["ALL_STEPS", "abcd", "all steps, 4 steps"],
  ["FROM_FAILURE", "ab", "from failure, 2 steps: a, b"],
  ["SELECTED_STEPS", "a", "selected steps, 1 step: a"],
  ["FROM_FAILURE", "abcde", "from failure, 5 steps: a, b, c, …"],
] as const)("says of a run by %s of the steps %s: %s", (strategy, keys, said) => {
  const of = run(strategy, keys);
  expect(`${originText(of)}, ${stepsText(of)}`).toBe(said);
});

it("names all steps to those who hover, of very many the first ones", () => {
  expect(stepsTitle(run(null, "abc"), 3)).toBe("a, b, c");
  expect(stepsTitle(run(null, "abcde"), 3)).toBe("a, b, c and 2 more");
});
