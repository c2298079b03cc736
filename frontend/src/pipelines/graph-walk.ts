// Which step an arrow key leads to, and what is to be drawn (pure).
import type { GraphLayout, PlacedStep } from "./graph-layout";

export type Arrow = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";

export function isArrow(key: string): key is Arrow {
  return key === "ArrowUp" || key === "ArrowDown" || key === "ArrowLeft" || key === "ArrowRight";
}

/** Up and down follow the edges to the nearest step; left and right go along the row. Null where there is none. */
export function stepTowards(layout: GraphLayout, fromKey: string, arrow: Arrow): string | null {
  const from = layout.steps.find((step) => step.key === fromKey);
  if (!from) return null;
  const candidates = layout.steps.filter((step) => isTowards(layout, from, step, arrow));
  const nearest = candidates.toSorted((one, other) => distance(from, one) - distance(from, other))[0];
  return nearest?.key ?? null;
}

function isTowards(layout: GraphLayout, from: PlacedStep, to: PlacedStep, arrow: Arrow): boolean {
  switch (arrow) {
    case "ArrowLeft":
      return to.y === from.y && to.x < from.x;
    case "ArrowRight":
      return to.y === from.y && to.x > from.x;
    case "ArrowUp":
      return layout.edges.some((edge) => edge.from === to.key && edge.to === from.key);
    case "ArrowDown":
      return layout.edges.some((edge) => edge.from === from.key && edge.to === to.key);
  }
}

function distance(one: PlacedStep, other: PlacedStep): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

export interface Rectangle {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export function touches(one: Rectangle, other: Rectangle): boolean {
  return (
    one.left <= other.right && one.right >= other.left && one.top <= other.bottom && one.bottom >= other.top
  );
}
