// @vitest-environment jsdom
import { act, renderHook } from "@testing-library/react";
import type { PropsWithChildren } from "react";
import { type Client, Provider } from "urql";
import { beforeEach, expect, it, vi } from "vitest";
import { useRun } from "./use-run";

/** What was asked of the service: each is answered when the test says so. */
let asked: { since: string | undefined; answer: (run: object | null) => Promise<void> }[] = [];
/** The open subscription to the run's updates. */
let told: ((version: string) => void) | null = null;

vi.mock("../shared/live", () => ({
  follow({ onData }: { onData: (data: object) => void }) {
    told = (version) => onData({ runUpdates: { version } });
    return () => {
      told = null;
    };
  },
}));

const client = {
  readQuery: () => null,
  query: (_document: unknown, variables: { since?: string }) => ({
    toPromise: () =>
      new Promise((resolve) => {
        asked.push({
          since: variables.since,
          answer: (run) => act(async () => resolve({ data: { run } })),
        });
      }),
  }),
} as unknown as Client;

/** "3.RUNNING load:SUCCESS train:RUNNING": a version, and the steps that the answer holds. */
function run(drawn: string): object {
  const [version = "", ...steps] = drawn.split(" ");
  const key = steps.map((step) => step.split(":")[0]);
  const empty = steps.map(() => null);
  const status = steps.map((step) => step.split(":")[1]);
  const stepTable = {
    key,
    status,
    startMs: empty,
    endMs: empty,
    retryAtMs: empty,
    reusedFromRunId: empty,
    attempts: empty,
  };
  return { id: "r1", version, status: version.split(".")[1], stepTable };
}

function shownRun() {
  const wrapper = ({ children }: PropsWithChildren) => <Provider value={client}>{children}</Provider>;
  const hook = renderHook(() => useRun("r1")[0], { wrapper });
  const shown = () => {
    const state = hook.result.current;
    if (state.kind !== "there") return state.kind;
    const steps = state.view.steps.map((step) => `${step.key}:${step.status}`);
    return [state.view.run.version, ...steps].join(" ");
  };
  return { shown, leave: hook.unmount };
}

async function answer(index: number, drawn: string | null): Promise<void> {
  await asked[index]?.answer(drawn === null ? null : run(drawn));
}

beforeEach(() => {
  asked = [];
  told = null;
});

it("reads the run once, then asks only for what has changed since", async () => {
  const { shown } = shownRun();
  expect(shown()).toBe("loading");
  await answer(0, "3.RUNNING load:SUCCESS train:RUNNING test:PENDING");
  told?.("3.RUNNING");
  expect(asked).toHaveLength(1);
  told?.("5.RUNNING");
  expect(asked[1]?.since).toBe("3.RUNNING");
  await answer(1, "5.RUNNING train:SUCCESS");
  expect(shown()).toBe("5.RUNNING load:SUCCESS train:SUCCESS test:PENDING");
  expect(asked).toHaveLength(2);
});

it("asks once more, and only once, for all that was told while it asked", async () => {
  const { shown } = shownRun();
  await answer(0, "3.RUNNING load:RUNNING");
  told?.("4.RUNNING");
  told?.("5.RUNNING");
  told?.("6.SUCCESS");
  expect(asked).toHaveLength(2);
  await answer(1, "5.RUNNING");
  expect(asked[2]?.since).toBe("5.RUNNING");
  await answer(2, "6.SUCCESS load:SUCCESS");
  expect(shown()).toBe("6.SUCCESS load:SUCCESS");
  expect(asked).toHaveLength(3);
});

it("does not ask again for what an answer already held", async () => {
  shownRun();
  await answer(0, "3.RUNNING load:RUNNING");
  told?.("4.RUNNING");
  told?.("6.SUCCESS");
  await answer(1, "6.SUCCESS load:SUCCESS");
  expect(asked).toHaveLength(2);
});

it("follows no run that has ended", async () => {
  const { shown } = shownRun();
  await answer(0, "9.SUCCESS load:SUCCESS");
  expect(shown()).toBe("9.SUCCESS load:SUCCESS");
  expect(told).toBeNull();
});

it("says that there is no such run", async () => {
  const { shown } = shownRun();
  await answer(0, null);
  expect(shown()).toBe("missing");
});

it("follows no longer once the page is left", async () => {
  const { leave } = shownRun();
  await answer(0, "3.RUNNING load:RUNNING");
  expect(told).not.toBeNull();
  leave();
  expect(told).toBeNull();
});

it("reads the run anew when a mapped step has become its elements", async () => {
  const { shown } = shownRun();
  await answer(0, "3.RUNNING split:RUNNING work[?]:PENDING");
  told?.("5.RUNNING");
  await answer(1, "5.RUNNING split:SUCCESS work[k1]:PENDING work[k2]:PENDING");
  expect(asked[2]?.since).toBeUndefined();
  await answer(2, "5.RUNNING split:SUCCESS work[k1]:PENDING work[k2]:PENDING");
  expect(shown()).toBe("5.RUNNING split:SUCCESS work[k1]:PENDING work[k2]:PENDING");
  told?.("6.RUNNING");
  expect(asked[3]?.since).toBe("5.RUNNING");
});
