// @vitest-environment jsdom
import { renderHook } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { useAgainWhile } from "./use-again-while";

afterEach(() => {
  vi.useRealTimers();
});

it("asks every few seconds while something may change, and no longer", () => {
  vi.useFakeTimers();
  const ask = vi.fn();
  const hook = renderHook(({ mayChange }) => useAgainWhile(mayChange, ask), {
    initialProps: { mayChange: true },
  });
  vi.advanceTimersByTime(9000);
  expect(ask).toHaveBeenCalledTimes(3);
  vi.spyOn(document, "visibilityState", "get").mockReturnValue("hidden");
  vi.advanceTimersByTime(9000);
  expect(ask).toHaveBeenCalledTimes(3);
  vi.restoreAllMocks();
  hook.rerender({ mayChange: false });
  vi.advanceTimersByTime(9000);
  expect(ask).toHaveBeenCalledTimes(3);
});
