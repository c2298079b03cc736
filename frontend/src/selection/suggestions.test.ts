import { describe, expect, it } from "vitest";
import { suggestionsAt } from "./suggestions";
import { vocabularyOf } from "./vocabulary";

const KEYS = ["load", "train", "train_big", "test", "and", "retrain"];
const TAGS = [
  { key: "load", tags: [{ key: "team", value: "ml" }] },
  { key: "train", tags: [{ key: "team", value: "data team" }] },
];

/** The caret is drawn as "|"; what would be replaced is shown in brackets, the options behind it. */
function suggested(drawn: string, words = vocabularyOf(KEYS, [], false)): string {
  const caret = drawn.indexOf("|");
  const text = drawn.replace("|", "");
  const { start, end, options } = suggestionsAt(text, caret, words);
  const shown = options.map((option) => option.text.trim()).join(" ");
  return `${text.slice(0, start)}[${text.slice(start, end)}]${text.slice(end)} -> ${shown}`;
}

describe("suggestionsAt", () => {
  it.each([
    ["|", '[] -> * load train train_big test "and" retrain name: not roots( sinks('],
    ["lo|", "[lo] -> load"],
    ["t|", "[t] -> train train_big test retrain"],
    ["TRAIN_|", "[TRAIN_] -> train_big"],
    ["load, te|", "load, [te] -> test"],
    ["load,|", 'load,[] -> load train train_big test "and" retrain not roots( sinks('],
    ["te| load", "[te] load -> test"],
    ["(te|", "([te] -> test"],
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

  it.each(["test+|", "|*test", "*test|", "name:t|"])("has nothing to add at %s", (drawn) => {
    const words = vocabularyOf(KEYS, [], true);
    expect(suggestionsAt(drawn.replace("|", ""), drawn.indexOf("|"), words).options).toEqual([]);
  });

  it.each([
    ["status:|", "status:[] -> failed blocked pending canceled skipped success running retrying"],
    ["status:f|", "status:[f] -> failed"],
    ["load and is:|", "load and is:[] -> changed stale"],
    ["tag:|", 'tag:[] -> team team=ml team="data team"'],
    ["tag:team=m|", "tag:[team=m] -> team=ml"],
    ["in:|", "in:[] -> checks checks.inner"],
    ["sta|", "[sta] -> status:"],
    ["ro|", "[ro] -> roots("],
    ["load |", "load [] -> and and not or load checks.a checks.inner.b"],
    ["load and |", "load and [] -> load checks.a checks.inner.b not roots( sinks("],
    ["load an|", "load [an] -> and and not"],
  ])("knows the words of the language at %s", (drawn, expected) => {
    const words = vocabularyOf(["load", "checks.a", "checks.inner.b"], TAGS, true);
    expect(suggested(drawn, words)).toBe(expected);
  });

  it("offers no states where there is no parent run", () => {
    expect(suggested("status:|")).toBe("status:[] -> ");
    expect(suggested("sta|")).toBe("[sta] -> ");
  });

  it("completes a key of a dynamic step", () => {
    const words = vocabularyOf(["split", "work[k1]", "work[k2]"], [], true);
    expect(suggested("wo|", words)).toBe("[wo] -> work[k1] work[k2]");
    expect(suggested("work[k2|", words)).toBe("[work[k2] -> work[k2]");
  });

  it("names no more than fit into a glance", () => {
    const many = Array.from({ length: 2000 }, (_, number) => `step_${number}`);
    expect(suggestionsAt("step", 4, vocabularyOf(many, [], true)).options).toHaveLength(8);
  });
});
