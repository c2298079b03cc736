import { describe, expect, it } from "vitest";
import { placeProblems, readConfig } from "./config-text";

const YAML = `# a comment
steps:
  load:
    config:
      seed: abc # an integer
      shares: [0.1, x]
  "a/b":
    config: {}
`;

/** What is marked of the text, with its line. */
function marked(path: string, text = YAML): string {
  const [problem] = placeProblems(text, [{ path, message: "wrong" }]);
  return problem ? `${problem.line}: ${text.slice(problem.from, problem.to)}` : "";
}

describe("a pointer", () => {
  it("leads to the line of its value", () => {
    expect(marked("/steps/load/config/seed")).toBe("5: seed: abc");
  });

  it("leads into a list", () => {
    expect(marked("/steps/load/config/shares/1")).toBe("6: x");
  });

  it("leads to the name of what has parts of its own", () => {
    expect(marked("/steps/load/config")).toBe("4: config");
  });

  it("leads to the nearest name above what is missing", () => {
    expect(marked("/steps/load/config/rows")).toBe("4: config");
    expect(marked("/resources/db/config")).toBe("1: ");
  });

  it("names keys with slashes and tildes", () => {
    expect(marked("/steps/a~1b/config")).toBe("8: config");
    expect(marked("/a~0b", "a~b: 1")).toBe("1: a~b: 1");
  });

  it("finds its line in JSON too", () => {
    expect(marked("/steps/x", '{\n  "steps": {\n    "x": 1\n  }\n}')).toBe('3: "x": 1');
  });

  it("of the whole stands at the beginning", () => {
    expect(marked("", "steps: 1")).toBe("1: ");
    expect(placeProblems("steps: 1", [{ path: "", message: "no" }])[0]?.message).toBe("no");
  });
});

describe("a text", () => {
  it("is read as YAML", () => {
    expect(readConfig("steps:\n  a: {config: {n: 1}}")).toEqual({
      kind: "config",
      value: { steps: { a: { config: { n: 1 } } } },
    });
  });

  it("is read as JSON", () => {
    expect(readConfig('{"a": [1, null, "x"]}')).toEqual({ kind: "config", value: { a: [1, null, "x"] } });
  });

  it("that says nothing is a config that sets nothing", () => {
    expect(readConfig("")).toEqual({ kind: "config", value: {} });
    expect(readConfig("# only a comment\n")).toEqual({ kind: "config", value: {} });
  });

  it("that is no YAML says where", () => {
    const reading = readConfig("a: 1\nb: [1,\nc: 2\n");
    expect(reading.kind).toBe("error");
    if (reading.kind === "error") expect(reading.problems[0]?.line).toBeGreaterThanOrEqual(2);
  });

  it("that gives a name twice says so", () => {
    const reading = readConfig("a: 1\na: 2\n");
    expect(reading).toMatchObject({ kind: "error", problems: [{ line: 2 }] });
  });

  it("that blows itself up by aliases is refused", () => {
    const tenTimes = (name: string) => `[${Array.from({ length: 10 }, () => `*${name}`).join(", ")}]`;
    const bomb = `a: &a [x]\nb: &b ${tenTimes("a")}\nc: &c ${tenTimes("b")}\nd: &d ${tenTimes("c")}\n`;
    expect(readConfig(bomb)).toMatchObject({
      kind: "error",
      problems: [{ message: expect.stringContaining("alias") }],
    });
  });
});
