// Puts the steps of a graph on layers, so that every edge goes down by one (pure).
export interface GraphStep {
  key: string;
  upstreamKeys: readonly string[];
}

/** A step, or a place where a long edge passes a layer. */
export interface LayerNode {
  /** Null for the passing of an edge. */
  key: string | null;
  layer: number;
  up: LayerNode[];
  down: LayerNode[];
}

export interface LayeredEdge {
  from: string;
  to: string;
  /** From its upper end to its lower one. */
  nodes: LayerNode[];
}

export interface LayeredGraph {
  layers: LayerNode[][];
  edges: LayeredEdge[];
}

/** More passings than this would cost more than they straighten: longer edges are then drawn straight. */
const MOST_PASSINGS = 20_000;

/** `steps` are in topological order. */
export function layered(steps: readonly GraphStep[]): LayeredGraph {
  const nodes = new Map<string, LayerNode>();
  for (const { key, upstreamKeys } of steps) {
    const above = upstreamKeys.flatMap((one) => nodes.get(one)?.layer ?? []);
    nodes.set(key, { key, layer: 1 + Math.max(-1, ...above), up: [], down: [] });
  }
  lowerSources(steps, nodes);
  const layers: LayerNode[][] = [];
  const put = (node: LayerNode) => {
    while (layers.length <= node.layer) layers.push([]);
    layers[node.layer]?.push(node);
  };
  for (const node of nodes.values()) put(node);

  let passings = 0;
  const edges: LayeredEdge[] = [];
  for (const { key, upstreamKeys } of steps) {
    for (const upstreamKey of upstreamKeys) {
      const from = nodes.get(upstreamKey);
      const to = nodes.get(key);
      if (!from || !to) continue;
      const chain = [from];
      passings += to.layer - from.layer - 1;
      for (let layer = from.layer + 1; layer < to.layer && passings <= MOST_PASSINGS; layer++) {
        const passing: LayerNode = { key: null, layer, up: [], down: [] };
        put(passing);
        chain.push(passing);
      }
      chain.push(to);
      for (const [index, node] of chain.entries()) {
        const next = chain[index + 1];
        if (next && next.layer === node.layer + 1) {
          node.down.push(next);
          next.up.push(node);
        }
      }
      edges.push({ from: upstreamKey, to: key, nodes: chain });
    }
  }
  return { layers, edges };
}

/** A step that needs nothing stands just above what needs it, not at the far top. */
function lowerSources(steps: readonly GraphStep[], nodes: ReadonlyMap<string, LayerNode>): void {
  const highestBelow = new Map<string, number>();
  for (const { key, upstreamKeys } of steps) {
    const layer = nodes.get(key)?.layer ?? 0;
    for (const one of upstreamKeys) {
      highestBelow.set(one, Math.min(layer, highestBelow.get(one) ?? Number.POSITIVE_INFINITY));
    }
  }
  for (const { key, upstreamKeys } of steps) {
    const node = nodes.get(key);
    const below = highestBelow.get(key);
    if (node && upstreamKeys.length === 0 && below !== undefined) node.layer = below - 1;
  }
}

/** The parts of the graph that no edge joins: the largest first, equal ones in the order of their first steps. */
export function components(steps: readonly GraphStep[]): GraphStep[][] {
  const groupOf = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    for (let next = groupOf.get(root); next !== undefined && next !== root; next = groupOf.get(root))
      root = next;
    groupOf.set(key, root);
    return root;
  };
  for (const { key, upstreamKeys } of steps) {
    groupOf.set(key, groupOf.get(key) ?? key);
    for (const one of upstreamKeys) groupOf.set(rootOf(one), rootOf(key));
  }
  const parts = new Map<string, GraphStep[]>();
  for (const step of steps) {
    const root = rootOf(step.key);
    const part = parts.get(root);
    if (part) part.push(step);
    else parts.set(root, [step]);
  }
  return [...parts.values()].toSorted((one, other) => other.length - one.length);
}
