// @vitest-environment jsdom
import { act, renderHook } from "@testing-library/react";
import { CombinedError } from "urql";
import { describe, expect, it, vi } from "vitest";
import { type LaunchResult, useLaunching } from "./use-launching";

/** A launch whose answer is given later. */
function sent() {
  let answer: (result: LaunchResult) => void = () => undefined;
  const send = vi.fn(() => new Promise<LaunchResult>((resolve) => (answer = resolve)));
  return { send, answer: (result: LaunchResult) => act(async () => answer(result)) };
}

const LAUNCHED: LaunchResult = { answer: { __typename: "LaunchRunSuccess", run: { id: "new" } } };

describe("a launch", () => {
  it("leads to the new run", async () => {
    const onLaunched = vi.fn();
    const { result } = renderHook(() => useLaunching(onLaunched));
    const { send, answer } = sent();
    act(() => void result.current.launch(send));
    expect(result.current.launching).toEqual({ kind: "launching" });
    await answer(LAUNCHED);
    expect(onLaunched).toHaveBeenCalledExactlyOnceWith("new");
  });

  it("is sent once by a double click", async () => {
    const onLaunched = vi.fn();
    const { result } = renderHook(() => useLaunching(onLaunched));
    const { send, answer } = sent();
    act(() => {
      void result.current.launch(send);
      void result.current.launch(send);
    });
    await answer(LAUNCHED);
    expect(send).toHaveBeenCalledOnce();
    expect(onLaunched).toHaveBeenCalledOnce();
  });

  it("that is refused says why, and can be sent again", async () => {
    const { result } = renderHook(() => useLaunching(vi.fn()));
    const { send, answer } = sent();
    act(() => void result.current.launch(send));
    const problem = { __typename: "PermissionDeniedError" as const, message: "You may not." };
    await answer({ answer: problem });
    expect(result.current.launching).toEqual({ kind: "refused", problem });
    act(() => void result.current.launch(send));
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("tells a lost answer from one that says no", async () => {
    const { result } = renderHook(() => useLaunching(vi.fn()));
    const { send, answer } = sent();
    act(() => void result.current.launch(send));
    await answer({ error: new CombinedError({ networkError: new Error("gone") }) });
    expect(result.current.launching).toEqual({ kind: "lost" });
    act(() => void result.current.launch(send));
    await answer({ error: new CombinedError({ graphQLErrors: ["broken"] }) });
    expect(result.current.launching).toEqual({ kind: "failed", message: "broken" });
  });
});
