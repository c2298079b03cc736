// @vitest-environment node
import { expect, it } from "vitest";
import { heldRows } from "./held-rows";

/** "a1 b1": rows a and b, in their state 1. */
function rows(drawn: string) {
  return drawn.split(" ").map((one) => ({ key: one.charAt(0), state: one.charAt(1) }));
}

function held(drawn: string, keys: string | null): string {
  const { rows: shown, waiting } = heldRows(rows(drawn), keys === null ? null : [...keys]);
  return `${shown.map((row) => row.key + row.state).join(" ")} +${waiting}`;
}

it.each([
  ["c1 b1 a1", null, "c1 b1 a1 +0"],
  ["c1 b2 a1", "ba", "b2 a1 +1"],
  ["a2 c1 b1", "cba", "c1 b1 a2 +0"],
  ["d1 c1", "cb", "c1 +1"],
])("of the rows %s shows, while %s are held, %s", (now, keys, shown) => {
  expect(held(now, keys)).toBe(shown);
});
