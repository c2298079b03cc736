// @vitest-environment node
import { expect, it } from "vitest";
import { automaticText, followingText, originText, stepsText, stepsTitle } from "./run-words";

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

it.each([
  [1, 3, "automatic (1 of 3)"],
  [3, 3, "automatic (3 of 3)"],
  // Its tags are others than those of the run that failed.
  [2, 1, "automatic (2)"],
  [null, 3, null],
])("says of the automatic retry %s of %s: %s", (retryNumber, maxRetries, said) => {
  expect(automaticText({ retryNumber, maxRetries })).toBe(said);
});

it.each([
  [
    { number: 1, runId: null, refusal: null },
    2,
    "Automatic retry 1 of 2 follows: a worker launches it in a moment, from failure.",
  ],
  [{ number: 2, runId: "r2", refusal: null }, 2, "Automatic retry 2 of 2 was launched:"],
  [
    { number: 1, runId: null, refusal: "Its pipeline is gone." },
    2,
    "Automatic retry 1 of 2 was not launched.",
  ],
])("says what follows a failed run, case %#", (retry, maxRetries, said) => {
  expect(followingText(retry, maxRetries)).toBe(said);
});
