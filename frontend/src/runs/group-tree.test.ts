// @vitest-environment node
import { expect, it } from "vitest";
import { treeRows } from "./group-tree";

/** "b<a" is run b, which re-executes a. The oldest comes first. */
function runs(drawn: string) {
  return drawn.split(" ").map((one) => {
    const [id = "", parentRunId = null] = one.split("<");
    return { id, parentRunId };
  });
}

function drawn(text: string): string[] {
  return treeRows(runs(text)).map(({ run, guides, hangs }) => {
    const lines = guides.map((goesOn, level) => {
      if (hangs === "off" && level === guides.length - 1) return goesOn ? "├" : "└";
      return goesOn ? "│" : " ";
    });
    return lines.join("") + (hangs === "below" ? "╵" : "") + run.id;
  });
}

it("keeps a line of re-executions in line", () => {
  expect(drawn("a b<a c<b d<c")).toEqual(["a", "╵b", "╵c", "╵d"]);
});

it("branches where a run was re-executed several times, each with its own line after it", () => {
  expect(drawn("a b<a c<b d<a e<d f<b")).toEqual([
    "a", //
    "├b",
    "│├c",
    "│└f",
    "└d",
    " ╵e",
  ]);
});

it("says which runs were re-executed, and how many runs each descends from", () => {
  const rows = treeRows(runs("a b<a c<b d<a"));
  expect(rows.map((row) => [row.run.id, row.depth, row.hasReexecutions])).toEqual([
    ["a", 0, true],
    ["b", 1, true],
    ["c", 2, false],
    ["d", 1, false],
  ]);
});

it("shows a run whose parent is not there", () => {
  expect(drawn("b<gone c<b")).toEqual(["b", "╵c"]);
});

it("takes a line of ten thousand", () => {
  const line = Array.from({ length: 10_000 }, (_, n) => ({
    id: `r${n}`,
    parentRunId: n ? `r${n - 1}` : null,
  }));
  expect(treeRows(line).at(-1)).toMatchObject({ depth: 9_999, guides: [], hangs: "below" });
});
