import { expect, it } from "vitest";
import { tokensOf } from "./tokens";

/** "name:train operator:+" */
function drawn(text: string): string {
  return tokensOf(text)
    .filter(({ kind }) => kind !== "blank")
    .map((token) => `${token.kind}|${token.text}`)
    .join(" ");
}

it.each([
  ["*train+2", "operator|* name|train operator|+ name|2"],
  ["a and not b", "name|a keyword|and keyword|not name|b"],
  ["status:failed*", "label|status: value|failed operator|*"],
  ["name:t*_?+", "label|name: value|t*_? operator|+"],
  ['tag:owner="data team"', 'label|tag: value|owner= name|"data team"'],
  ["roots(a,b)", "keyword|roots parenthesis|( name|a comma|, name|b parenthesis|)"],
  ["roots", "name|roots"],
  ["work[k1] work[?]", "name|work[k1] name|work[?]"],
  ['"and" "open', 'name|"and" name|"open'],
])("tells the words of %s", (text, tokens) => {
  expect(drawn(text)).toBe(tokens);
});

it.each(["", " ", "a: :b ((", 'x"y"z', "😀+"])("loses nothing of %j", (text) => {
  expect(
    tokensOf(text)
      .map((token) => token.text)
      .join(""),
  ).toBe(text);
});
