// How a value of an output's metadata is shown (pure).
import type { Json } from "../shared/graphql";

export type MetadataView =
  | { kind: "image"; source: string }
  | { kind: "link"; address: string }
  | { kind: "short"; text: string }
  /** Text, or JSON, of several lines. */
  | { kind: "long"; text: string };

const IMAGES: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/svg+xml",
]);
const BASE64 = /^[A-Za-z0-9+/\s]+={0,2}\s*$/;
const LONGEST_SHORT = 120;

/** An image is {"media_type": "image/png", "data": BASE64}; a text {"media_type": "text/markdown", "data": TEXT}. */
export function metadataView(value: Json): MetadataView {
  if (typeof value === "string") return textView(value);
  if (typeof value !== "object" || value === null) return { kind: "short", text: String(value) };
  if (!Array.isArray(value) && typeof value.media_type === "string" && typeof value.data === "string") {
    if (IMAGES.has(value.media_type) && BASE64.test(value.data)) {
      return { kind: "image", source: `data:${value.media_type};base64,${value.data}` };
    }
    if (value.media_type.startsWith("text/")) return textView(value.data);
  }
  const onOneLine = JSON.stringify(value);
  return onOneLine.length <= LONGEST_SHORT
    ? { kind: "short", text: onOneLine }
    : { kind: "long", text: JSON.stringify(value, null, 2) };
}

function textView(text: string): MetadataView {
  if (/^https?:\/\/\S+$/.test(text)) return { kind: "link", address: text };
  return { kind: text.length > LONGEST_SHORT || text.includes("\n") ? "long" : "short", text };
}
