import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Json } from "../shared/graphql";
import { configSkeleton } from "./config-skeleton";

/** The schema of a run config in which step `a` takes these, and the first so many must be given. */
function schemaOf(properties: { [name: string]: Json }, required: string[] = []): Json {
  const config = { type: "object", properties, required };
  return {
    properties: {
      steps: {
        properties: {
          a: { description: "Does it.", properties: { config, inputs: { properties: { rows: {} } } } },
        },
      },
    },
    $defs: { Size: { description: "How large", enum: ["small", "large"] } },
  };
}

/** The lines under steps / a / config. */
function lines(schema: Json, given?: Json): string[] {
  return configSkeleton(schema, given)
    .split("\n")
    .filter((line) => line.startsWith("      "))
    .map((line) => line.trim());
}

describe("a config to begin with", () => {
  it("sets defaults, and says what they mean", () => {
    const schema = schemaOf({ trees: { type: "integer", default: 3, minimum: 1, description: "How many" } });
    expect(configSkeleton(schema)).toBe(
      [
        "# What is left out keeps its default.",
        "steps:",
        "  a: # Does it.",
        "    config:",
        "      trees: 3 # How many (integer, ≥ 1)",
        "",
      ].join("\n"),
    );
  });

  it("marks what must be given", () => {
    expect(lines(schemaOf({ rows: { type: "integer" } }, ["rows"]))).toEqual(["rows: # required: integer"]);
  });

  it("comments out what has no default, in such a way that it can be taken in again", () => {
    const skeleton = configSkeleton(schemaOf({ path: { type: "string" } }));
    expect(skeleton).toBe(
      [
        "# What is left out keeps its default.",
        "# steps:",
        "#   a: # Does it.",
        "#     config:",
        "#       path: # string",
        "",
      ].join("\n"),
    );
    const [, ...outcommented] = skeleton.split("\n");
    expect(parse(outcommented.map((line) => line.replace(/^# /, "")).join("\n"))).toEqual({
      steps: { a: { config: { path: null } } },
    });
  });

  it("puts values that are given in the place of defaults", () => {
    const schema = schemaOf({ trees: { type: "integer", default: 3 }, path: { type: "string" } });
    expect(lines(schema, { steps: { a: { config: { trees: 5, path: "x: y" } } } })).toEqual([
      "trees: 5 # integer",
      'path: "x: y" # string',
    ]);
  });

  it("keeps what is given and not known", () => {
    const given = { steps: { a: { config: { odd: [1, 2] } }, gone: { config: { n: 1 } } } };
    expect(parse(configSkeleton(schemaOf({}), given))).toEqual(given);
  });

  it("shows inputs only where they are given", () => {
    expect(configSkeleton(schemaOf({}))).toBe("");
    const given = { steps: { a: { inputs: { rows: [1] } } } };
    expect(parse(configSkeleton(schemaOf({}), given))).toEqual(given);
  });

  it("follows references, and says what may be chosen", () => {
    expect(lines(schemaOf({ size: { $ref: "#/$defs/Size", default: "small" } }))).toEqual([
      "size: small # How large (one of small, large)",
    ]);
  });

  it("says lists and unions in words", () => {
    const list = { type: "array", items: { type: "integer" }, default: [1, 2] };
    const either = { anyOf: [{ type: "string" }, { type: "null" }], default: null };
    expect(lines(schemaOf({ list, either }))).toEqual([
      "list: [1, 2] # list of integer",
      "either: null # string or null",
    ]);
  });

  it("writes texts of several lines as such", () => {
    const given = { steps: { a: { config: { query: "select 1\nfrom x\n" } } } };
    expect(parse(configSkeleton(schemaOf({ query: { type: "string" } }), given))).toEqual(given);
  });

  it("without a schema is what is given", () => {
    expect(parse(configSkeleton(null, { a: 1 }))).toEqual({ a: 1 });
  });
});
