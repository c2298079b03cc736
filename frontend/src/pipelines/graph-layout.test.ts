import { describe, expect, it } from "vitest";
import { components, type GraphStep, layered } from "./graph-layers";
import { graphLayout, NODE_HEIGHT, NODE_WIDTH } from "./graph-layout";
import { crossings, ordered } from "./graph-order";

/** "a -> b c; b -> d" as steps; they are named in topological order. */
function drawn(drawing: string): GraphStep[] {
  const upstream = new Map<string, string[]>();
  const step = (key: string) => upstream.get(key) ?? upstream.set(key, []).get(key) ?? [];
  for (const line of drawing.split(";")) {
    const [from = "", to = ""] = line.split("->");
    for (const key of from.trim().split(/\s+/)) step(key);
    for (const key of to.trim().split(/\s+/).filter(Boolean)) {
      step(key).push(...from.trim().split(/\s+/));
    }
  }
  return [...upstream].map(([key, upstreamKeys]) => ({ key, upstreamKeys }));
}

/** The steps of each row from the top, from the left. */
function rows(drawing: string): string[] {
  const { steps } = graphLayout(drawn(drawing));
  const tops = [...new Set(steps.map((step) => step.y))].toSorted((one, other) => one - other);
  return tops.map((top) =>
    steps
      .filter((step) => step.y === top)
      .toSorted((one, other) => one.x - other.x)
      .map((step) => step.key)
      .join(" "),
  );
}

/** Steps of random edges to earlier ones; the same for the same seed. */
function random(count: number, seed: number): GraphStep[] {
  let state = seed;
  const next = (below: number) => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * below);
  };
  return Array.from({ length: count }, (_, index) => ({
    key: `s${index}`,
    upstreamKeys: [...new Set(Array.from({ length: next(3) }, () => `s${next(index)}`))].slice(0, index),
  }));
}

describe("rows", () => {
  it("puts what follows below what it follows", () => {
    expect(rows("a -> b; b -> c")).toEqual(["a", "b", "c"]);
  });

  it("puts a diamond's two sides next to each other", () => {
    expect(rows("a -> b c; b c -> d")).toEqual(["a", "b c", "d"]);
  });

  it("puts a step below the longest way to it", () => {
    expect(rows("a -> b; b -> c; a c -> d")).toEqual(["a", "b", "c", "d"]);
  });

  it("puts a step that needs nothing just above what needs it", () => {
    expect(rows("a -> b; b -> c; late c -> d")).toEqual(["a", "b", "c late", "d"]);
  });

  it("uncrosses edges", () => {
    const { layers } = layered(drawn("a b; b -> c; a -> d; c d -> e"));
    expect(crossings(layers)).toBe(1);
    expect(crossings(ordered(layers))).toBe(0);
  });

  it("puts parts that nothing joins side by side", () => {
    expect(rows("a -> b; c -> d")).toEqual(["a c", "b d"]);
    expect(components(drawn("a -> b; c -> d; e"))).toHaveLength(3);
  });

  it("draws nothing of nothing", () => {
    expect(graphLayout([])).toEqual({ width: 0, height: 0, steps: [], edges: [] });
  });
});

describe("straightness", () => {
  it("draws a chain as one straight line", () => {
    const { steps, width } = graphLayout(drawn("a -> b; b -> c"));
    expect(steps.map((step) => step.x)).toEqual([0, 0, 0]);
    expect(width).toBe(NODE_WIDTH);
  });

  it("stands a diamond's ends in its middle", () => {
    const { steps, width } = graphLayout(drawn("a -> b c; b c -> d"));
    const x = Object.fromEntries(steps.map((step) => [step.key, step.x]));
    expect(x.a).toBeCloseTo((width - NODE_WIDTH) / 2);
    expect(x.d).toBeCloseTo((width - NODE_WIDTH) / 2);
  });

  it("leads a long edge past the steps between", () => {
    const { steps, edges } = graphLayout(drawn("a -> b; b -> c; a c -> d"));
    const long = edges.find((edge) => edge.from === "a" && edge.to === "d");
    const passed = steps.filter((step) => step.key === "b" || step.key === "c");
    // The edge runs straight down beside b and c: at V, its x is that of the C before.
    const xs = [...(long?.path.matchAll(/ ([\d.-]+) [\d.-]+V/g) ?? [])].map((match) => Number(match[1]));
    expect(xs).toHaveLength(2);
    for (const step of passed) {
      for (const x of xs) expect(x < step.x || x > step.x + NODE_WIDTH).toBe(true);
    }
  });
});

describe.each([1, 2, 3, 4, 5])("a random graph, %i", (seed) => {
  const steps = random(60, seed);
  const layout = graphLayout(steps);
  const byKey = new Map(layout.steps.map((step) => [step.key, step]));

  it("has every step once, within its bounds", () => {
    expect(layout.steps.map((step) => step.key).toSorted()).toEqual(steps.map((step) => step.key).toSorted());
    for (const step of layout.steps) {
      expect(step.x).toBeGreaterThanOrEqual(-0.001);
      expect(step.x + NODE_WIDTH).toBeLessThanOrEqual(layout.width + 0.001);
      expect(step.y + NODE_HEIGHT).toBeLessThanOrEqual(layout.height);
    }
  });

  it("lets no two steps overlap", () => {
    for (const one of layout.steps) {
      for (const other of layout.steps) {
        if (one.key >= other.key) continue;
        const isApart =
          Math.abs(one.x - other.x) >= NODE_WIDTH - 0.001 || Math.abs(one.y - other.y) >= NODE_HEIGHT;
        expect(isApart, `${one.key} and ${other.key}`).toBe(true);
      }
    }
  });

  it("draws every edge, downwards", () => {
    expect(layout.edges).toHaveLength(steps.flatMap((step) => step.upstreamKeys).length);
    for (const { from, to, top, bottom } of layout.edges) {
      expect(byKey.get(from)?.y).toBeLessThan(byKey.get(to)?.y ?? Number.NaN);
      expect(top).toBeLessThan(bottom);
    }
  });

  it("does not cross more edges than the order it was given", () => {
    for (const part of components(steps)) {
      const { layers } = layered(part);
      expect(crossings(ordered(layers))).toBeLessThanOrEqual(crossings(layers));
    }
  });
});

it("lays out 2,000 steps with long edges", () => {
  const steps = random(2000, 7);
  expect(graphLayout(steps).steps).toHaveLength(2000);
});
