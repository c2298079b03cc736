// @vitest-environment node
import { expect, it } from "vitest";
import { trailOf } from "./trail";

/** "a (3) e f": the first run, how many are hidden, the newest. */
function drawn(runs: string, most: number): string {
  const { first, hidden, last } = trailOf([...runs], most);
  return [first, hidden > 0 ? `(${hidden})` : null, ...last].filter(Boolean).join(" ");
}

it.each([
  ["", ""],
  ["a", "a"],
  ["abcde", "a b c d e"],
  ["abcdef", "a (2) d e f"],
  ["abcdefghij", "a (6) h i j"],
])("shows the runs %s as %s where five marks fit", (runs, marks) => {
  expect(drawn(runs, 5)).toBe(marks);
});
