// @vitest-environment node
import { describe, expect, it } from "vitest";
import type { RunView } from "./run-updates";
import { runView, withNews } from "./run-updates";

const RUN = {
  id: "r1",
  version: "3.RUNNING",
  status: "RUNNING",
  startedAt: "2026-11-22T05:02:11Z",
  endedAt: null,
  timeSavedMs: 0,
  error: null,
  stepCounts: [],
  pipelineName: "train_and_analyse",
  mode: "default",
  createdAt: "2026-11-22T05:02:10Z",
  launchedBy: null,
  canceledBy: null,
  retryNumber: null,
  maxRetries: 0,
  reason: "nightly",
  tags: [],
  parentRunId: null,
  rootRunId: "r1",
  strategy: null,
  selection: null,
  stepKeysToExecute: ["load", "train"],
} as const;

/** "load:SUCCESS:0-4 train:RUNNING:5-": step, status, start and end. */
function table(drawn: string) {
  const steps = drawn.split(" ").map((one) => {
    const [key = "", status = "", times = "-"] = one.split(":");
    const [start = "", end = ""] = times.split("-");
    return { key, status, start: start ? Number(start) : null, end: end ? Number(end) : null };
  });
  return {
    key: steps.map((step) => step.key),
    status: steps.map((step) => step.status),
    startMs: steps.map((step) => step.start),
    endMs: steps.map((step) => step.end),
    retryAtMs: steps.map(() => null),
    reusedFromRunId: steps.map(() => null),
    attempts: steps.map(() => null),
  };
}

const NOTHING = {
  key: [],
  status: [],
  startMs: [],
  endMs: [],
  retryAtMs: [],
  reusedFromRunId: [],
  attempts: [],
};

function view(drawn: string): RunView {
  return runView({ ...RUN, stepCounts: [], tags: [], stepKeysToExecute: [], stepTable: table(drawn) });
}

function drawn({ steps }: RunView): string {
  return steps
    .map((step) => `${step.key}:${step.status}:${step.startMs ?? ""}-${step.endMs ?? ""}`)
    .join(" ");
}

/** The view after news of the steps that it has. */
function renewed(...given: Parameters<typeof withNews>): RunView {
  const view = withNews(...given);
  if (view === null) throw new Error("The news are of other steps.");
  return view;
}

describe("a run's view", () => {
  it("has the steps of the table in its order", () => {
    const shown = view("load:SUCCESS:0-4 train:RUNNING:5- test:PENDING");
    expect(drawn(shown)).toBe("load:SUCCESS:0-4 train:RUNNING:5- test:PENDING:-");
    expect(shown.stepKeys).toEqual(["load", "train", "test"]);
  });

  it("has the attempts of a step that was tried again", () => {
    const stepTable = {
      ...table("load:RETRYING:0-4"),
      attempts: [
        [
          [0, 4, "FAILURE"],
          [6, null, "RUNNING"],
        ],
      ],
    };
    expect(
      runView({ ...RUN, stepCounts: [], tags: [], stepKeysToExecute: [], stepTable }).steps[0]?.attempts,
    ).toEqual([
      { startMs: 0, endMs: 4, status: "FAILURE" },
      { startMs: 6, endMs: null, status: "RUNNING" },
    ]);
  });

  it("takes over the steps that changed, and leaves the others the same objects", () => {
    const before = view("load:SUCCESS:0-4 train:RUNNING:5- test:PENDING");
    const after = renewed(before, {
      ...RUN,
      stepCounts: [],
      stepTable: table("test:RUNNING:9- train:SUCCESS:5-9"),
    });
    expect(drawn(after)).toBe("load:SUCCESS:0-4 train:SUCCESS:5-9 test:RUNNING:9-");
    expect(after.steps[0]).toBe(before.steps[0]);
  });

  it("takes over the run's own news, and keeps what never changes", () => {
    const news = {
      ...RUN,
      stepCounts: [],
      stepTable: NOTHING,
      version: "9.SUCCESS",
      status: "SUCCESS" as const,
    };
    const before = view("load:SUCCESS:0-4");
    const after = renewed(before, news);
    expect(after.run).toMatchObject({ version: "9.SUCCESS", status: "SUCCESS", reason: "nightly" });
    expect(after.steps).toBe(before.steps);
    expect(after.stepKeys).toBe(before.stepKeys);
  });

  it("is to be read anew when a mapped step has become its elements", () => {
    const news = { ...RUN, stepCounts: [], stepTable: table("work[k1]:PENDING work[k2]:RUNNING:5-") };
    expect(withNews(view("split:SUCCESS:0-4 work[?]:PENDING"), news)).toBeNull();
  });

  it("stays whole when the same news come twice", () => {
    const news = { ...RUN, stepCounts: [], stepTable: table("train:SUCCESS:5-9") };
    const once = renewed(view("load:SUCCESS:0-4 train:RUNNING:5-"), news);
    expect(drawn(renewed(once, news))).toBe(drawn(once));
  });
});
