// @vitest-environment node
import { expect, it } from "vitest";
import { type EventsFilter, eventRows, kindText } from "./event-rows";
import type { RunEvent } from "./use-run-events";

/** "INFO train started": an event's level, step (or -) and message. */
function event(drawn: string): RunEvent {
  const [level = "", stepKey = "", ...words] = drawn.split(" ");
  return {
    cursor: drawn,
    after: null,
    timestamp: "2026-11-22T05:02:11Z",
    kind: "LOG",
    level: level as RunEvent["level"],
    stepKey: stepKey === "-" ? null : stepKey,
    attempt: null,
    message: words.join(" "),
  };
}

const EVENTS = [
  "INFO - Started 3 steps.",
  "DEBUG load reading rows",
  "WARNING load few ROWS",
  "INFO train_model best of 6",
  "ERROR train_model Failed: ValueError",
  "CRITICAL - out of disk",
].map(event);

const ALL: EventsFilter = { level: undefined, text: "", stepKeys: null };

function shown(filter: Partial<EventsFilter>): string[] {
  return eventRows(EVENTS, { ...ALL, ...filter }).map((one) => one.message);
}

it("shows everything, as it is, where nothing is asked for", () => {
  expect(eventRows(EVENTS, ALL)).toBe(EVENTS);
});

it.each([
  ["INFO", ["Started 3 steps.", "few ROWS", "best of 6", "Failed: ValueError", "out of disk"]],
  ["WARNING", ["few ROWS", "Failed: ValueError", "out of disk"]],
  ["ERROR", ["Failed: ValueError", "out of disk"]],
] as const)("shows %s and what is above", (level, messages) => {
  expect(shown({ level })).toEqual(messages);
});

it("finds text in messages and step keys, in whatever case", () => {
  expect(shown({ text: "rows" })).toEqual(["reading rows", "few ROWS"]);
  expect(shown({ text: "TRAIN" })).toEqual(["best of 6", "Failed: ValueError"]);
});

it("leaves out what concerns no step where only some steps are asked for", () => {
  expect(shown({ stepKeys: new Set(["load"]) })).toEqual(["reading rows", "few ROWS"]);
});

it("lets through what all filters let through", () => {
  expect(shown({ stepKeys: new Set(["load", "train_model"]), level: "WARNING", text: "e" })).toEqual([
    "few ROWS",
    "Failed: ValueError",
  ]);
});

it("reads kinds as words", () => {
  expect(kindText("STEP_OUTPUT_STORED")).toBe("step output stored");
});
