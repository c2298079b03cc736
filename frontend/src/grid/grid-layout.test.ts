import { describe, expect, it } from "vitest";
import type { StepStatus } from "../shared/status";
import { type GridRow, type GridRun, type GridStep, mergedOrder, runGrid } from "./grid-layout";

const NO_KEYS: ReadonlySet<string> = new Set();

function step(key: string, status: StepStatus, startMs: number | null = null, endMs = startMs): GridStep {
  return { key, status, startMs, endMs };
}

function run(id: string, rootRunId: string, steps: GridStep[] | null, staleKeys: string[] = []): GridRun {
  const createdAt = "2026-11-22T05:02:11Z";
  return { id, rootRunId, status: "SUCCESS", createdAt, steps, staleKeys: new Set(staleKeys) };
}

/** "fit[?]: FAILURE 1/3, -", a cell for each run. */
function drawn(rows: readonly GridRow[]): string[] {
  return rows.map(({ key, cells }) => {
    const words = cells.map((cell) => {
      if (!cell) return "-";
      return cell.elements === 1 ? cell.state : `${cell.state} ${cell.inState}/${cell.elements}`;
    });
    return `${key}: ${words.join(", ")}`;
  });
}

describe("columns", () => {
  it("are runs by group, oldest left, and the group of the newest run is the last", () => {
    const newestFirst = [
      run("again-b", "b", []),
      run("again-a", "a", []),
      run("b", "b", []),
      run("c", "c", []),
      run("a", "a", []),
    ];
    const { groups, runs } = runGrid(newestFirst, [], NO_KEYS);
    expect(groups.map(({ rootRunId }) => rootRunId)).toEqual(["c", "a", "b"]);
    expect(runs.map(({ id }) => id)).toEqual(["c", "a", "again-a", "b", "again-b"]);
  });

  it("keep a re-execution whose root is not among the newest", () => {
    expect(runGrid([run("again", "gone", [])], [], NO_KEYS).runs.map(({ id }) => id)).toEqual(["again"]);
  });
});

describe("rows", () => {
  it("are the steps of the definition before any run is read", () => {
    const { rows } = runGrid([run("a", "a", null)], ["load", "train"], NO_KEYS);
    expect(drawn(rows)).toEqual(["load: -", "train: -"]);
  });

  it("keep a step that only an older run has behind what it followed there", () => {
    const older = run("a", "a", [
      step("load", "SUCCESS"),
      step("clean", "FAILURE"),
      step("train", "BLOCKED"),
    ]);
    const newer = run("b", "b", [step("load", "SUCCESS"), step("train", "SUCCESS")]);
    const { rows } = runGrid([newer, older], ["load", "train"], NO_KEYS);
    expect(drawn(rows)).toEqual(["load: SUCCESS, SUCCESS", "clean: FAILURE, -", "train: BLOCKED, SUCCESS"]);
  });
});

describe("elements of a mapped step", () => {
  const unknown = run("a", "a", [step("split", "FAILURE"), step("fit[?]", "BLOCKED")]);
  const known = run("b", "b", [
    step("split", "SUCCESS"),
    step("fit[eu]", "SUCCESS", 10, 30),
    step("fit[us]", "FAILURE", 20, 50),
    step("fit[asia]", "SUCCESS", 15, 25),
  ]);

  it("are folded into one row with what is worst and how often", () => {
    const { rows } = runGrid([known, unknown], ["split", "fit"], NO_KEYS);
    expect(drawn(rows)).toEqual(["split: FAILURE, SUCCESS", "fit[?]: BLOCKED, FAILURE 1/3"]);
    const cell = rows[1]?.cells[1];
    expect(cell).toMatchObject({ stepKey: "fit[us]", durationMs: 40 });
  });

  it("have rows of their own below it when it is unfolded", () => {
    const { rows } = runGrid([known, unknown], ["split", "fit"], new Set(["fit"]));
    expect(drawn(rows)).toEqual([
      "split: FAILURE, SUCCESS",
      "fit[?]: BLOCKED, FAILURE 1/3",
      "fit[eu]: -, SUCCESS",
      "fit[us]: -, FAILURE",
      "fit[asia]: -, SUCCESS",
    ]);
  });

  it("are stale where the worst of them is, before any that went well", () => {
    const elements = [step("fit[eu]", "SUCCESS"), step("fit[us]", "REUSED"), step("fit[asia]", "REUSED")];
    const { rows } = runGrid([run("a", "a", elements, ["fit[us]"])], ["fit"], NO_KEYS);
    expect(drawn(rows)).toEqual(["fit[?]: STALE 1/3"]);
  });

  it("may be as many as one likes", () => {
    const elements = Array.from({ length: 130_000 }, (_, index) => step(`fit[${index}]`, "SUCCESS", index));
    const { rows } = runGrid([run("a", "a", elements)], ["fit"], NO_KEYS);
    expect(drawn(rows)).toEqual(["fit[?]: SUCCESS 130000/130000"]);
    expect(rows[0]?.cells[0]?.durationMs).toBe(129_999);
  });
});

describe("a cell", () => {
  it("tells no duration while its step goes on, or before it begins", () => {
    const steps = [{ ...step("load", "RUNNING", 10), endMs: null }, step("train", "PENDING")];
    const { rows } = runGrid([run("a", "a", steps)], [], NO_KEYS);
    expect(rows.map(({ cells }) => cells[0]?.durationMs)).toEqual([null, null]);
  });

  it("is stale only where the step was reused", () => {
    const steps = [step("load", "REUSED"), step("train", "SUCCESS")];
    const { rows } = runGrid([run("a", "a", steps, ["load", "train"])], [], NO_KEYS);
    expect(drawn(rows)).toEqual(["load: STALE", "train: SUCCESS"]);
  });
});

describe("mergedOrder", () => {
  it("keeps the first list and puts what others add where it stands there", () => {
    expect(
      mergedOrder([
        ["a", "b"],
        ["x", "a", "y", "z", "b"],
        ["a", "w", "b", "v"],
      ]),
    ).toEqual([..."xawyzbv"]);
  });
});
