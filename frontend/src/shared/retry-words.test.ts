// @vitest-environment node
import { describe, expect, it } from "vitest";
import { nextAttemptText, retryText } from "./retry-words";

describe("retryText", () => {
  it.each([
    [12_000, 0, "tries again in 12 s"],
    [12_000, 1, "tries again in 12 s"],
    [12_000, 11_500, "tries again in 1 s"],
    [12_000, 12_000, "tries again now"],
    [12_000, 99_000, "tries again now"],
    [125_000, 0, "tries again in 2 min 05 s"],
    [4 * 3_600_000, 0, "tries again in 4 h 00 min"],
    [null, 5_000, "tries again now"],
  ])("of a retry due at %s, at %s: %s", (due, now, said) => {
    expect(retryText(due, now)).toBe(said);
  });
});

describe("nextAttemptText", () => {
  it.each([
    ["FAILURE", 2, "attempt 2 of 3"],
    ["FAILURE FAILURE", 2, "attempt 3 of 3"],
    // A loss is no failure.
    ["LOST FAILURE", 2, "attempt 3 of 4"],
    ["LOST", 0, "attempt 2"],
    // More than the policy allows: the step has asked for it.
    ["FAILURE FAILURE", 1, "attempt 3"],
  ])("after %s with %s retries: %s", (drawn, maxRetries, said) => {
    expect(nextAttemptText({ attempts: drawn.split(" ").map((status) => ({ status })) }, maxRetries)).toBe(
      said,
    );
  });

  it("does not know how often a step may be tried that has asked for it itself", () => {
    const attempts = [{ status: "FAILURE", error: { className: "dalsegno.RetryRequested" } }];
    expect(nextAttemptText({ attempts }, 2)).toBe("attempt 2");
  });
});
