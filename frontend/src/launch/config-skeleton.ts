// A run config to begin with: what may be set, with its defaults and what they mean, as YAML with comments (pure).
import { stringify } from "yaml";
import type { Json } from "../shared/graphql";
import { asObject, descriptionOf, isObject, type JsonObject, noteOf, resolved } from "./config-schema";

/** Marks what must be filled in before a launch. */
export const REQUIRED = "required:";

/**
 * The values of `given`, else defaults. What has neither is commented out; what must be given is marked.
 * Inputs are left out, unless they are given: they come from other steps.
 */
export function configSkeleton(schema: Json, given: Json = {}): string {
  if (!isObject(schema)) return stringify(given);
  const lines = section(schema, isObject(given) ? given : {}, { root: schema, depth: 0 });
  const title = "# What is left out keeps its default.\n";
  return lines.length === 0 ? "" : title + lines.map(({ text }) => `${text}\n`).join("");
}

interface Line {
  text: string;
  /** Whether it sets something. */
  isSet: boolean;
}

interface Place {
  root: JsonObject;
  depth: number;
}

function section(schema: JsonObject, given: JsonObject, place: Place): Line[] {
  const properties = asObject(schema.properties);
  const required = Array.isArray(schema.required) ? schema.required : [];
  const known = Object.entries(properties).flatMap(([name, of]) =>
    place.depth === 2 && name === "inputs" && !(name in given)
      ? []
      : property(name, resolved(of, place.root), given[name], required.includes(name), place),
  );
  const unknown = Object.entries(given).filter(([name]) => !(name in properties));
  return [...known, ...unknown.flatMap(([name, value]) => valueLines(name, value, place.depth, ""))];
}

function property(
  name: string,
  schema: JsonObject,
  given: Json | undefined,
  isRequired: boolean,
  place: Place,
): Line[] {
  const note = noteOf(schema);
  if (isObject(schema.properties) && (given === undefined || given === null || isObject(given))) {
    const inner = section(schema, asObject(given ?? schema.default ?? null), {
      ...place,
      depth: place.depth + 1,
    });
    if (inner.length === 0) return [];
    const isSet = inner.some((line) => line.isSet);
    const head = `${key(name)}:${comment(descriptionOf(schema))}`;
    return [
      { text: indented(isSet ? head : `# ${head}`, place.depth), isSet },
      ...(isSet ? inner : inner.map((line) => ({ ...line, text: outcommented(line.text, place.depth) }))),
    ];
  }
  const value = given ?? schema.default;
  if (value !== undefined) return valueLines(name, value, place.depth, note);
  if (isRequired)
    return [{ text: indented(`${key(name)}: # ${REQUIRED} ${note}`, place.depth), isSet: true }];
  return [{ text: indented(`# ${key(name)}:${comment(note)}`, place.depth), isSet: false }];
}

/** A value is written in one line, as JSON people write it. */
function valueLines(name: string, value: Json, depth: number, note: string): Line[] {
  const written = stringify({ [name]: value }, { lineWidth: 0 });
  const flow = stringify(value, {
    lineWidth: 0,
    collectionStyle: "flow",
    flowCollectionPadding: false,
  }).trimEnd();
  if (!flow.includes("\n"))
    return [{ text: indented(`${key(name)}: ${flow}${comment(note)}`, depth), isSet: true }];
  return written
    .trimEnd()
    .split("\n")
    .map((text) => ({ text: indented(text, depth), isSet: true }));
}

function indented(text: string, depth: number): string {
  return "  ".repeat(depth) + text;
}

/** The comment mark stands where the outermost commented name begins, so that taking it away gives YAML again. */
function outcommented(text: string, depth: number): string {
  const margin = "  ".repeat(depth);
  const rest = text.slice(margin.length);
  return `${margin}# ${rest.replace(/^(\s*)# /, "$1")}`;
}

function key(name: string): string {
  return stringify(name, { lineWidth: 0 }).trimEnd();
}

function comment(text: string): string {
  return text === "" ? "" : ` # ${text}`;
}
