// Reading a config's JSON Schema: what may stand where, and what of it people want to know (pure).
import type { Json } from "../shared/graphql";

export type JsonObject = { [name: string]: Json };

/** The properties of the object that stands under these names, with what is said of each. */
export function propertiesAt(schema: Json, names: readonly string[]): { name: string; note: string }[] {
  const root = asObject(schema);
  const at = names.reduce<JsonObject>(
    (object, name) => resolved(asObject(object.properties)[name] ?? null, root),
    root,
  );
  return Object.entries(asObject(at.properties)).map(([name, of]) => ({
    name,
    note: noteOf(resolved(of, root)),
  }));
}

/** Follows a reference into the definitions of the whole schema. */
export function resolved(schema: Json, root: JsonObject): JsonObject {
  if (!isObject(schema) || typeof schema.$ref !== "string") return asObject(schema);
  const target = schema.$ref
    .split("/")
    .slice(1)
    .reduce<Json>((at, part) => asObject(at)[part.replaceAll("~1", "/").replaceAll("~0", "~")] ?? null, root);
  return { ...asObject(target), ...schema };
}

/** "How many trees (integer, ≥ 1)". */
export function noteOf(schema: JsonObject): string {
  const [said, type] = [descriptionOf(schema), typeOf(schema)];
  return said !== "" && type !== "" ? `${said} (${type})` : said || type;
}

export function descriptionOf(schema: JsonObject): string {
  return typeof schema.description === "string" ? schema.description.replaceAll(/\s+/g, " ").trim() : "";
}

const BOUNDS = { minimum: "≥", exclusiveMinimum: ">", maximum: "≤", exclusiveMaximum: "<" } as const;

/** "integer, ≥ 2", "list of integer", "one of small, large". */
function typeOf(schema: JsonObject): string {
  const bounds = Object.entries(BOUNDS).flatMap(([name, sign]) =>
    typeof schema[name] === "number" ? [`${sign} ${schema[name]}`] : [],
  );
  return [kindOf(schema), ...bounds].filter((part) => part !== "").join(", ");
}

function kindOf(schema: JsonObject): string {
  if (Array.isArray(schema.enum)) return `one of ${schema.enum.map(String).join(", ")}`;
  if (Array.isArray(schema.anyOf)) {
    return schema.anyOf
      .map((one) => typeOf(asObject(one)))
      .filter((one) => one !== "")
      .join(" or ");
  }
  if (typeof schema.type !== "string") return "";
  if (schema.type !== "array") return schema.type;
  const items = typeOf(asObject(schema.items));
  return items === "" ? "list" : `list of ${items}`;
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
