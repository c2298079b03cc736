// @vitest-environment node
import { expect, it } from "vitest";
import type { Worker } from "../shared/use-workers";
import { codeProblems } from "./code-problems";

/** "a:broken b b": the host of each worker, and the traceback of one whose code does not load. */
function workers(drawn: string): Worker[] {
  return drawn.split(" ").map((one, index) => {
    const [host = "", traceback] = one.split(":");
    const loadError = traceback
      ? { className: "CodeLoadError", message: "", traceback, cause: null, unavailableOutput: null }
      : null;
    return {
      id: `w${index}`,
      host,
      pid: index,
      executor: "processes",
      pipelineNames: [],
      startedAt: "",
      runningRunIds: [],
      loadError,
    };
  });
}

it.each([
  ["a b", []],
  // Wherever it is, it is told once.
  ["a:broken b:broken", ["broken"]],
  ["a:broken b", ["broken: worker 0 on a"]],
  ["a:broken b:broken c", ["broken: 2 of 3 workers"]],
  ["a:broken b:other", ["broken: worker 0 on a", "other: worker 1 on b"]],
])("of %s: %s", (drawn, told) => {
  const problems = codeProblems(workers(drawn));
  expect(problems.map(({ error, where }) => [error.traceback, where].filter(Boolean).join(": "))).toEqual(
    told,
  );
});
