import { expect, it } from "vitest";
import { readTags, writeTags } from "./tags-text";

it("reads one tag a line", () => {
  expect(readTags("team=ml\n\n note = a = b \nempty=")).toEqual({
    kind: "tags",
    tags: [
      { key: "team", value: "ml" },
      { key: "note", value: "a = b" },
      { key: "empty", value: "" },
    ],
  });
});

it.each(["team", "=ml", "a=1\n b"])("says which line is no tag: %j", (text) => {
  const line = text.split("\n").length;
  expect(readTags(text)).toEqual({ kind: "error", message: `Line ${line}: write key=value.` });
});

it("refuses a key that is there twice", () => {
  expect(readTags("a=1\na=2")).toEqual({ kind: "error", message: "Line 2: a is there twice." });
});

it("writes what it reads", () => {
  const tags = [
    { key: "a", value: "1" },
    { key: "b", value: "x=y" },
  ];
  expect(readTags(writeTags(tags))).toEqual({ kind: "tags", tags });
});
