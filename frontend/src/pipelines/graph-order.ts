// Orders the nodes of each layer so that few edges cross (pure).
import type { LayerNode } from "./graph-layers";

const SWEEPS = 8;

/** The layers, each in the best order that was found: nodes move towards the middle of their neighbours, down and up. */
export function ordered(layers: readonly LayerNode[][]): LayerNode[][] {
  let best = layers.map((layer) => [...layer]);
  let fewest = crossings(best);
  let current = best;
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    current = sweep % 2 === 0 ? swept(current, "up") : swept(current.toReversed(), "down").toReversed();
    const count = crossings(current);
    if (count < fewest) [best, fewest] = [current, count];
  }
  return best;
}

function swept(layers: readonly LayerNode[][], neighbours: "up" | "down"): LayerNode[][] {
  const place = new Map<LayerNode, number>();
  return layers.map((layer) => {
    const wanted = new Map(
      layer.map((node, index) => {
        const places = node[neighbours].flatMap((one) => place.get(one) ?? []);
        return [node, places.length === 0 ? index : mean(places)];
      }),
    );
    const sorted = layer.toSorted((one, other) => (wanted.get(one) ?? 0) - (wanted.get(other) ?? 0));
    for (const [index, node] of sorted.entries()) place.set(node, index);
    return sorted;
  });
}

/** How many pairs of edges cross. */
export function crossings(layers: readonly LayerNode[][]): number {
  let count = 0;
  for (const [index, upper] of layers.entries()) {
    const lower = layers[index + 1] ?? [];
    const place = new Map(lower.map((node, at) => [node, at]));
    const ends = upper.flatMap((node) =>
      node.down.flatMap((one) => place.get(one) ?? []).toSorted((one, other) => one - other),
    );
    count += inversions(ends, lower.length);
  }
  return count;
}

/** Pairs that stand in the wrong order, counted with a Fenwick tree. */
function inversions(numbers: readonly number[], size: number): number {
  const tree = new Array<number>(size + 1).fill(0);
  let count = 0;
  for (const [seen, number] of numbers.entries()) {
    let notGreater = 0;
    for (let at = number + 1; at > 0; at -= at & -at) notGreater += tree[at] ?? 0;
    count += seen - notGreater;
    for (let at = number + 1; at <= size; at += at & -at) tree[at] = (tree[at] ?? 0) + 1;
  }
  return count;
}

export function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
