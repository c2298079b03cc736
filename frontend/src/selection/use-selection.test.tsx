// @vitest-environment jsdom
import { act, renderHook } from "@testing-library/react";
import type { PropsWithChildren } from "react";
import { type Client, CombinedError, Provider } from "urql";
import { beforeEach, expect, it, vi } from "vitest";
import { useRunSelection } from "./use-selection";

interface Asked {
  text: string;
  answer: (result: object) => void;
  isListenedTo: boolean;
}

let asked: Asked[] = [];

/** Answers when the test says so. */
const client = {
  query: (_document: unknown, { selection: [text = ""] }: { selection: string[] }) => ({
    subscribe(listener: (result: object) => void) {
      const one: Asked = {
        text,
        answer: (result) => one.isListenedTo && listener(result),
        isListenedTo: true,
      };
      asked.push(one);
      return {
        unsubscribe() {
          one.isListenedTo = false;
        },
      };
    },
  }),
} as unknown as Client;

function keys(...stepKeys: string[]): object {
  return { data: { run: { selectSteps: { __typename: "StepSelection", stepKeys } } } };
}

function selection(first: string) {
  const wrapper = ({ children }: PropsWithChildren) => <Provider value={client}>{children}</Provider>;
  const hook = renderHook(({ text }) => useRunSelection("r1", text), {
    wrapper,
    initialProps: { text: first },
  });
  rest();
  return hook;
}

/** The hand rests. */
function rest(): void {
  act(() => vi.advanceTimersByTime(1000));
}

function answer(text: string, result: object): void {
  act(() => asked.filter((one) => one.text === text).forEach((one) => void one.answer(result)));
}

beforeEach(() => {
  asked = [];
  vi.useFakeTimers();
});

it("asks for nothing where there is no text", () => {
  expect(selection(" ").result.current).toEqual({ kind: "none" });
  expect(asked).toEqual([]);
});

it("keeps the last good answer while it asks", () => {
  const { result, rerender } = selection("train");
  answer("train", keys("train"));
  expect(result.current).toEqual({ kind: "keys", stepKeys: ["train"] });
  rerender({ text: "train+" });
  expect(result.current).toEqual({ kind: "asking", stepKeys: ["train"] });
  rest();
  answer("train+", keys("train", "test"));
  expect(result.current).toEqual({ kind: "keys", stepKeys: ["train", "test"] });
});

it("does not let a late answer stand for a newer text", () => {
  const { result, rerender } = selection("load");
  rerender({ text: "train" });
  rest();
  answer("train", keys("train"));
  answer("load", keys("load"));
  expect(result.current).toEqual({ kind: "keys", stepKeys: ["train"] });
});

it("waits until a hand that types rests", () => {
  const { rerender } = selection("t");
  for (const text of ["tr", "tra", "trai", "train"]) rerender({ text });
  rest();
  expect(asked.map((one) => one.text)).toEqual(["t", "train"]);
});

it("tells what is wrong with the text", () => {
  const { result } = selection("tset");
  const refused = { message: "No step is named 'tset'.", start: 0, end: 4, suggestions: ["test"] };
  answer("tset", { data: { run: { selectSteps: { __typename: "InvalidSelectionError", ...refused } } } });
  expect(result.current).toEqual({ kind: "error", ...refused });
});

it("tells that a question came to nothing", () => {
  const { result } = selection("train");
  answer("train", { error: new CombinedError({ graphQLErrors: ["The database is away."] }) });
  expect(result.current).toEqual({ kind: "failed", message: "The database is away." });
});
