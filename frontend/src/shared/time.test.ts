import { describe, expect, it } from "vitest";
import { formatAgo, formatClock, formatDuration, formatMoment } from "./time";

describe("formatDuration", () => {
  it.each([
    [0, "0 ms"],
    [0.4, "0 ms"],
    [340.4, "340 ms"],
    [999.6, "1.0 s"],
    [5_260, "5.3 s"],
    [59_960, "1 min 00 s"],
    [124_000, "2 min 04 s"],
    [3_599_600, "1 h 00 min"],
    [11_220_000, "3 h 07 min"],
    [86_399_999, "1 d 0 h"],
    [187_200_000, "2 d 4 h"],
  ])("says %d ms as %s", (duration, said) => {
    expect(formatDuration(duration)).toBe(said);
  });
});

describe("formatMoment", () => {
  const now = new Date(2026, 10, 22, 15, 0, 0);
  it.each([
    [new Date(2026, 10, 22, 14, 5, 9), "14:05:09"],
    [new Date(2026, 10, 21, 14, 5, 9), "21 Nov, 14:05"],
    [new Date(2025, 0, 3, 4, 5, 9), "3 Jan 2025, 04:05"],
  ])("says %s as %s", (moment, said) => {
    expect(formatMoment(moment, now)).toBe(said);
  });
});

describe("formatAgo", () => {
  const now = new Date(2026, 10, 22, 15, 0, 0);
  it.each([
    [10, "just now"],
    [50, "1 min ago"],
    [240, "4 min ago"],
    [3 * 3600, "3 h ago"],
    [50 * 3600, "2 d ago"],
  ])("says %d seconds before as %s", (seconds, said) => {
    expect(formatAgo(new Date(now.getTime() - seconds * 1000), now)).toBe(said);
  });
});

it("tells the time of day to the millisecond", () => {
  expect(formatClock(new Date(2026, 10, 22, 4, 5, 9, 7))).toBe("04:05:09.007");
});
