// @vitest-environment node
import { describe, expect, it } from "vitest";
import { filterOf, isFiltered, unresolvedIn } from "./runs-filter";
import { parseRunsSearch } from "./runs-search";

describe("the address of the list", () => {
  it("is read, whatever else stands in it", () => {
    expect(
      parseRunsSearch({ by: "run", pipeline: 7, status: "FAILURE", unresolved: true, after: "c1" }),
    ).toEqual({
      by: "run",
      pipeline: "7",
      status: "FAILURE",
      unresolved: true,
      after: "c1",
    });
    expect(parseRunsSearch({ by: "colour", status: "ODD", unresolved: "no", page: 3 })).toEqual({});
  });

  it.each([
    [{}, {}],
    [{ pipeline: "orders" }, { pipelineName: "orders" }],
    [{ status: "SUCCESS" }, { statuses: ["SUCCESS"] }],
    [{ status: "active" }, { statuses: ["QUEUED", "STARTING", "RUNNING", "CANCELING"] }],
    [{ unresolved: true }, { unresolvedOnly: true }],
    [{ tag: "team=a=b" }, { tags: [{ key: "team", value: "a=b" }] }],
    [{ tag: "team" }, {}],
    [{ bulk: "b1", by: "run" }, {}],
  ] as const)("%j asks for %j", (search, filter) => {
    expect(filterOf(search)).toEqual(filter);
    expect(isFiltered(search)).toBe(Object.keys(filter).length > 0);
  });

  it("counts what is unresolved in the pipeline that is looked at, whatever the status", () => {
    expect(unresolvedIn({ pipeline: "orders", status: "SUCCESS" })).toEqual({
      pipelineName: "orders",
      unresolvedOnly: true,
    });
  });
});
