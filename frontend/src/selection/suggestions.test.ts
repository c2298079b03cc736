import { describe, expect, it } from "vitest";
import { suggestionsAt } from "./suggestions";

const KEYS = ["load", "train", "train_big", "test", "and", "retrain"];

/** The caret is drawn as "|"; what would be replaced is shown in brackets, the options behind it. */
function suggested(drawn: string, keys = KEYS): string {
  const caret = drawn.indexOf("|");
  const text = drawn.replace("|", "");
  const { start, end, options } = suggestionsAt(text, caret, keys);
  const shown = options.map((option) => option.text).join(" ");
  return `${text.slice(0, start)}[${text.slice(start, end)}]${text.slice(end)} -> ${shown}`;
}

describe("suggestionsAt", () => {
  it.each([
    ["|", '[] -> * load train train_big test "and" retrain'],
    ["lo|", "[lo] -> load"],
    ["t|", "[t] -> train train_big test retrain"],
    ["TRAIN_|", "[TRAIN_] -> train_big"],
    ["load, te|", "load, [te] -> test"],
    ["load,|", 'load,[] -> load train train_big test "and" retrain'],
    ["te| load", "[te] load -> test"],
    ["*te|", "*[te] -> test"],
    ["te|+2", "[te]+2 -> test"],
    ["2+te|", "2+[te] -> test"],
    ['"an|', '["an] -> "and"'],
    ["an|", '[an] -> "and"'],
    ["zzz|", "[zzz] -> "],
  ])("completes the step's name at %s", (drawn, expected) => {
    expect(suggested(drawn)).toBe(expected);
  });

  it("shows what operators do to a step that is there, then longer names", () => {
    expect(suggested("train|")).toBe("[train] -> train* train+ *train +train train_big retrain");
  });

  it.each(["test+|", "|*test", "*test|", "te(|st"])("has nothing to add at %s", (drawn) => {
    expect(suggestionsAt(drawn.replace("|", ""), drawn.indexOf("|"), KEYS).options).toEqual([]);
  });

  it("names no more than fit into a glance", () => {
    const many = Array.from({ length: 2000 }, (_, number) => `step_${number}`);
    expect(suggestionsAt("step", 4, many).options).toHaveLength(8);
  });
});
