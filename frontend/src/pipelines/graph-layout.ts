// Where each step of a pipeline's graph is drawn, and along what each edge runs (pure; lengths in CSS pixels).
import { components, type GraphStep, type LayerNode, layered } from "./graph-layers";
import { mean, ordered } from "./graph-order";

export const NODE_WIDTH = 208;
export const NODE_HEIGHT = 50;
const GAP = 28;
const PASSING_WIDTH = 12;
const LAYER_HEIGHT = NODE_HEIGHT + 44;
const COMPONENT_GAP = 56;
const ALIGNMENTS = 6;

export interface PlacedStep {
  key: string;
  /** Of its upper left corner. */
  x: number;
  y: number;
}

export interface PlacedEdge {
  from: string;
  to: string;
  /** As an SVG path draws it. */
  path: string;
  /** The rectangle that it lies in. */
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface GraphLayout {
  width: number;
  height: number;
  steps: PlacedStep[];
  edges: PlacedEdge[];
}

/** `steps` are in topological order; every edge runs downwards. */
export function graphLayout(steps: readonly GraphStep[]): GraphLayout {
  const { edges, ...whole } = packed(components(steps).map(partLayout));
  return { ...whole, edges: edges.map(({ from, to, points }) => ({ from, to, ...edgePath(points) })) };
}

/** A part of the graph that no edge joins to another, at the origin. */
interface Part {
  width: number;
  height: number;
  steps: PlacedStep[];
  edges: { from: string; to: string; points: EdgePoint[] }[];
}

function partLayout(steps: readonly GraphStep[]): Part {
  const graph = layered(steps);
  const layers = ordered(graph.layers);
  const centres = horizontalCentres(layers);
  const left = Math.min(...layers.map(([node]) => (node ? (centres.get(node) ?? 0) - widthOf(node) / 2 : 0)));
  const right = Math.max(
    ...layers.map((layer) => {
      const node = layer.at(-1);
      return node ? (centres.get(node) ?? 0) + widthOf(node) / 2 : 0;
    }),
  );
  const x = (node: LayerNode) => (centres.get(node) ?? 0) - left;
  return {
    width: right - left,
    height: (layers.length - 1) * LAYER_HEIGHT + NODE_HEIGHT,
    steps: layers
      .flat()
      .flatMap((node) =>
        node.key === null
          ? []
          : [{ key: node.key, x: x(node) - NODE_WIDTH / 2, y: node.layer * LAYER_HEIGHT }],
      ),
    edges: graph.edges.map(({ from, to, nodes }) => ({
      from,
      to,
      points: nodes.map((node) => ({
        x: x(node),
        top: node.layer * LAYER_HEIGHT,
        isStep: node.key !== null,
      })),
    })),
  };
}

/** Each layer in turn moves as close to its neighbours as its order and its gaps allow, downwards and upwards. */
function horizontalCentres(layers: readonly LayerNode[][]): Map<LayerNode, number> {
  const centres = new Map<LayerNode, number>();
  for (const layer of layers)
    place(
      layer,
      layer.map(() => 0),
      centres,
    );
  for (let round = 0; round < ALIGNMENTS; round++) {
    const isDown = round % 2 === 0;
    for (const layer of isDown ? layers : layers.toReversed()) {
      const wanted = layer.map((node) => {
        const near = (isDown ? node.up : node.down).flatMap((one) => centres.get(one) ?? []);
        return near.length > 0 ? mean(near) : (centres.get(node) ?? 0);
      });
      place(layer, wanted, centres);
    }
  }
  return centres;
}

/** Least squares under "in this order, this far apart": neighbours that would come too close move as one block. */
function place(
  layer: readonly LayerNode[],
  wanted: readonly number[],
  centres: Map<LayerNode, number>,
): void {
  const offsets: number[] = [];
  for (const [index, node] of layer.entries()) {
    const before = layer[index - 1];
    offsets.push(before ? (offsets[index - 1] ?? 0) + (widthOf(before) + widthOf(node)) / 2 + GAP : 0);
  }
  const blocks: { sum: number; count: number }[] = [];
  for (const [index, one] of wanted.entries()) {
    let block = { sum: one - (offsets[index] ?? 0), count: 1 };
    for (
      let last = blocks.at(-1);
      last && last.sum / last.count > block.sum / block.count;
      last = blocks.at(-1)
    ) {
      blocks.pop();
      block = { sum: block.sum + last.sum, count: block.count + last.count };
    }
    blocks.push(block);
  }
  const shifts = blocks.flatMap(({ sum, count }) => new Array<number>(count).fill(sum / count));
  for (const [index, node] of layer.entries())
    centres.set(node, (offsets[index] ?? 0) + (shifts[index] ?? 0));
}

function widthOf(node: LayerNode): number {
  return node.key === null ? PASSING_WIDTH : NODE_WIDTH;
}

interface EdgePoint {
  x: number;
  top: number;
  isStep: boolean;
}

/** A curve from layer to layer; where it passes one, it runs straight down beside the steps. */
function edgePath(points: readonly EdgePoint[]): Omit<PlacedEdge, "from" | "to"> {
  const [first, ...rest] = points;
  if (!first) return { path: "", left: 0, right: 0, top: 0, bottom: 0 };
  let path = `M${round(first.x)} ${first.top + NODE_HEIGHT}`;
  let from = { x: first.x, y: first.top + NODE_HEIGHT };
  for (const { x, top, isStep } of rest) {
    const middle = (from.y + top) / 2;
    path += `C${round(from.x)} ${middle} ${round(x)} ${middle} ${round(x)} ${top}`;
    if (!isStep) path += `V${top + NODE_HEIGHT}`;
    from = { x, y: isStep ? top : top + NODE_HEIGHT };
  }
  const xs = points.map((point) => point.x);
  return {
    path,
    left: Math.min(...xs),
    right: Math.max(...xs),
    top: first.top + NODE_HEIGHT,
    bottom: from.y,
  };
}

function round(length: number): number {
  return Math.round(length * 10) / 10;
}

/** Parts that nothing joins stand side by side, in as many rows as keep the whole near a square. */
function packed(parts: readonly Part[]): Part {
  const area = parts.reduce(
    (sum, part) => sum + (part.width + COMPONENT_GAP) * (part.height + COMPONENT_GAP),
    0,
  );
  const limit = Math.max(...parts.map((part) => part.width), 1.5 * Math.sqrt(area));
  const whole: Part = { width: 0, height: 0, steps: [], edges: [] };
  let [x, y, rowHeight] = [0, 0, 0];
  for (const part of parts) {
    if (x > 0 && x + part.width > limit) [x, y, rowHeight] = [0, y + rowHeight + COMPONENT_GAP, 0];
    for (const step of part.steps) whole.steps.push({ ...step, x: step.x + x, y: step.y + y });
    for (const { points, ...edge } of part.edges) {
      const moved = points.map((point) => ({ ...point, x: point.x + x, top: point.top + y }));
      whole.edges.push({ ...edge, points: moved });
    }
    whole.width = Math.max(whole.width, x + part.width);
    whole.height = Math.max(whole.height, y + part.height);
    rowHeight = Math.max(rowHeight, part.height);
    x += part.width + COMPONENT_GAP;
  }
  return whole;
}
