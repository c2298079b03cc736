import { expect, it } from "vitest";
import { comparableRuns } from "./comparable-runs";

const RUNS = [
  { id: "a", parentRunId: null },
  { id: "b", parentRunId: "a" },
  { id: "c", parentRunId: "b" },
  { id: "d", parentRunId: "c" },
];

function offered(runId: string): string {
  return comparableRuns(RUNS, runId)
    .map(({ isParent, params }) => `${isParent ? "parent " : ""}${params.base}-${params.other}`)
    .join(", ");
}

it("offers the parent first, then the newest, the older run always as the base", () => {
  expect(offered("c")).toBe("parent b-c, c-d, a-c");
  expect(offered("a")).toBe("a-d, a-c, a-b");
});
