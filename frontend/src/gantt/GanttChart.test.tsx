// @vitest-environment jsdom
import { act, cleanup, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { GanttChart, type StepClick } from "./GanttChart";
import type { GanttStep } from "./gantt-layout";

const START = Date.UTC(2026, 10, 22, 12);

const STEPS: GanttStep[] = [
  ran("load", "SUCCESS", 0, 40),
  ran("train", "SUCCESS", 40, 5300),
  ran("test", "FAILURE", 5300, 5310),
  {
    key: "analyses",
    status: "BLOCKED",
    startMs: null,
    endMs: null,
    attempts: [],
    retryAtMs: null,
    reusedFromRunId: null,
  },
];

function ran(key: string, status: GanttStep["status"], start: number, end: number | null): GanttStep {
  const endMs = end === null ? null : START + end;
  return {
    key,
    status,
    startMs: START + start,
    endMs,
    attempts: null,
    retryAtMs: null,
    reusedFromRunId: null,
  };
}

let clicks: [string, StepClick][] = [];

function chart(steps = STEPS, endMs: number | null = START + 5310, selected: string[] = []) {
  return (
    <GanttChart
      steps={steps}
      startMs={START}
      endMs={endMs}
      selectedKeys={new Set(selected)}
      staleKeys={new Set()}
      openKey={null}
      onClickStep={(key, how) => clicks.push([key, how])}
    />
  );
}

function bar(name: string): HTMLElement {
  return within(screen.getByRole("region", { name: "Gantt chart" })).getByRole("button", { name });
}

beforeEach(() => {
  clicks = [];
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
});
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("names each bar by step, status and duration", () => {
  render(chart());
  for (const name of [
    "load, success, 40 ms",
    "train, success, 5.3 s",
    "test, failure, 10 ms",
    "analyses, blocked",
  ]) {
    expect(bar(name)).toBeTruthy();
  }
});

it("tells which steps are selected", () => {
  render(chart(STEPS, START + 5310, ["train"]));
  expect(bar("train, success, 5.3 s").getAttribute("aria-pressed")).toBe("true");
  expect(bar("load, success, 40 ms").getAttribute("aria-pressed")).toBe("false");
});

it("selects one step by a click, and more of them with Ctrl or Shift", async () => {
  const user = userEvent.setup();
  render(chart());
  await user.click(bar("train, success, 5.3 s"));
  await user.keyboard("{Control>}");
  await user.click(bar("load, success, 40 ms"));
  await user.keyboard("{/Control}{Shift>}");
  await user.click(bar("analyses, blocked"));
  expect(clicks).toEqual([
    ["train", "only"],
    ["load", "toggle"],
    ["analyses", "toggle"],
  ]);
});

it("selects with everything downstream by a double click, whose second click undoes nothing", async () => {
  render(chart());
  await userEvent.setup().dblClick(bar("train, success, 5.3 s"));
  expect(clicks).toEqual([
    ["train", "only"],
    ["train", "downstream"],
  ]);
});

it("goes through the steps by keyboard, as one stop of Tab", async () => {
  const user = userEvent.setup();
  render(chart());
  bar("load, success, 40 ms").focus();
  await user.keyboard("{ArrowDown}{Enter}");
  await user.keyboard("{ArrowDown}{Control>}{Enter}{/Control}");
  await user.keyboard("{End}{Shift>} {/Shift}");
  await user.keyboard("{Home}{Shift>}{Enter}{/Shift} ");
  expect(clicks).toEqual([
    ["train", "only"],
    ["test", "toggle"],
    ["analyses", "toggle"],
    ["load", "downstream"],
    ["load", "only"],
  ]);
  const stops = screen.getAllByRole("button").filter((one) => one.dataset.row && one.tabIndex === 0);
  expect(stops.map((stop) => stop.ariaLabel ?? stop.getAttribute("aria-label"))).toEqual([
    "load, success, 40 ms",
  ]);
});

it("shows only what failed where that is asked for", async () => {
  render(chart());
  await userEvent
    .setup()
    .selectOptions(screen.getByRole("combobox", { name: "Shown steps" }), "Only failed (1)");
  expect(bar("test, failure, 10 ms")).toBeTruthy();
  expect(screen.queryByRole("button", { name: "load, success, 40 ms" })).toBeNull();
});

it("counts the time of what runs, never below nothing", () => {
  vi.useFakeTimers({ now: START - 60_000 }); // the browser's clock is behind the service's
  render(chart([ran("train", "RUNNING", 100, null)], null));
  expect(bar("train, running, 0 s")).toBeTruthy();
  vi.setSystemTime(START + 4_100);
  act(() => vi.advanceTimersByTime(1000));
  expect(bar("train, running, 5 s")).toBeTruthy();
});

it("says so where there are no steps", () => {
  render(chart([]));
  expect(screen.getByText("No steps.")).toBeTruthy();
});
