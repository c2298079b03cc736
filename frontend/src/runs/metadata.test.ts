// @vitest-environment node
import { expect, it } from "vitest";
import { metadataView } from "./metadata";

it.each([
  ["a word", { kind: "short", text: "a word" }],
  [0.987, { kind: "short", text: "0.987" }],
  [true, { kind: "short", text: "true" }],
  [null, { kind: "short", text: "null" }],
  [[1, 2], { kind: "short", text: "[1,2]" }],
  ["two\nlines", { kind: "long", text: "two\nlines" }],
  ["https://example.org/report?id=1", { kind: "link", address: "https://example.org/report?id=1" }],
  ["javascript:alert(1)", { kind: "short", text: "javascript:alert(1)" }],
])("shows %j as %j", (value, view) => {
  expect(metadataView(value)).toEqual(view);
});

it.each(["image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"])(
  "shows %s as an image",
  (type) => {
    expect(metadataView({ media_type: type, data: "iVBORw0KGgo=" })).toEqual({
      kind: "image",
      source: `data:${type};base64,iVBORw0KGgo=`,
    });
  },
);

it.each([
  { media_type: "text/html", data: "<script>alert(1)</script>" },
  { media_type: "image/png", data: "not base64!" },
  { media_type: "application/pdf", data: "iVBORw0KGgo=" },
])("never lets %j be anything but text", (value) => {
  expect(metadataView(value).kind).toBe("short");
});

it("shows text/markdown as the text that it is", () => {
  expect(metadataView({ media_type: "text/markdown", data: "# Title\n\nBody" })).toEqual({
    kind: "long",
    text: "# Title\n\nBody",
  });
});

it("prints what is long on several lines", () => {
  const value = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`name ${n}`, n]));
  expect(metadataView(value)).toEqual({ kind: "long", text: JSON.stringify(value, null, 2) });
});
