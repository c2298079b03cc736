import { describe, expect, it } from "vitest";
import { problemOf, refusedSpan, repaired } from "./repair";

/** The refused part is drawn in brackets. */
function refused(drawn: string, suggestions: string[] = []) {
  const before = [...drawn].indexOf("[");
  const text = drawn.replace("[", "").replace("]", "");
  const refusal = { message: "It is wrong.", start: before, end: [...drawn].indexOf("]") - 1, suggestions };
  return { text, refusal };
}

describe("repaired", () => {
  it.each([
    ["[tset]", "test", "test"],
    ["stats, [tset]+*", "test", "stats, test+*"],
    ['["tset"]*', "test", "test*"],
    ["[nad]*", '"and"', '"and"*'],
    ["train [+]", "train+", "train+"],
    ["[+] train", "+train", "+train"],
    ["train [+] stats", "train+", "train+ stats"],
    ["train [+] stats", "+stats", "train +stats"],
    ["[*] train, stats", "*train", "*train, stats"],
    ["train[+]stats", "train+ stats", "train+ stats"],
    ["load,train[+]stats,test", "train +stats", "load,train +stats,test"],
    ["+train[+]stats", "+train +stats", "+train +stats"],
    ["train[**]", "train*", "train*"],
    ["[3] +train", "3+train", "3+train"],
    ["[3]+ train", "3+train", "3+train"],
    ["train +[3]", "train+3", "train+3"],
    ["(train [+] stats)", "train+", "(train+ stats)"],
    ["(a, b) [+]", "(a, b)+", "(a, b)+"],
    ["status:[faild]", "failed", "status:failed"],
    ["😀 [tset]", "test", "😀 test"],
  ])("mends %s by %s", (drawn, suggestion, mended) => {
    const { text, refusal } = refused(drawn, [suggestion]);
    expect(repaired(text, refusal, suggestion)).toBe(mended);
  });
});

describe("refusedSpan", () => {
  it("counts as JavaScript does", () => {
    const { text, refusal } = refused("😀 [tset]");
    const { start, end } = refusedSpan(text, refusal);
    expect(text.slice(start, end)).toBe("tset");
  });
});

describe("problemOf", () => {
  it("leaves out the suggestions, which are shown as buttons", () => {
    const message = "No step is named 'tset'. Did you mean 'test'?";
    expect(problemOf({ message, start: 0, end: 4, suggestions: ["test"] })).toBe("No step is named 'tset'.");
  });

  it("is the whole message where nothing is suggested", () => {
    expect(problemOf({ message: "No step is named 'x'.", start: 0, end: 1, suggestions: [] })).toBe(
      "No step is named 'x'.",
    );
  });
});
