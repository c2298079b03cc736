import { expect, it } from "vitest";
import { graphLayout } from "./graph-layout";
import { stepTowards, touches } from "./graph-walk";

//   a
//  / \
// b   c
//  \ /
//   d
const DIAMOND = graphLayout([
  { key: "a", upstreamKeys: [] },
  { key: "b", upstreamKeys: ["a"] },
  { key: "c", upstreamKeys: ["a"] },
  { key: "d", upstreamKeys: ["b", "c"] },
]);

it("goes along the edges", () => {
  expect(stepTowards(DIAMOND, "a", "ArrowDown")).toBe("b");
  expect(stepTowards(DIAMOND, "d", "ArrowUp")).toBe("b");
  expect(stepTowards(DIAMOND, "c", "ArrowDown")).toBe("d");
});

it("goes along the row", () => {
  expect(stepTowards(DIAMOND, "b", "ArrowRight")).toBe("c");
  expect(stepTowards(DIAMOND, "c", "ArrowLeft")).toBe("b");
});

it("stays where nothing is", () => {
  expect(stepTowards(DIAMOND, "a", "ArrowUp")).toBeNull();
  expect(stepTowards(DIAMOND, "b", "ArrowLeft")).toBeNull();
  expect(stepTowards(DIAMOND, "nothing", "ArrowDown")).toBeNull();
});

it("knows what lies in view", () => {
  const view = { left: 0, right: 10, top: 0, bottom: 10 };
  expect(touches(view, { left: 9, right: 20, top: 9, bottom: 20 })).toBe(true);
  expect(touches(view, { left: 11, right: 20, top: 0, bottom: 5 })).toBe(false);
});
