// What part of a graph is in view, how large; it scrolls as any box does, so wheel, touch and keys do what they do everywhere.
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { GraphLayout, PlacedStep } from "./graph-layout";
import { NODE_HEIGHT, NODE_WIDTH } from "./graph-layout";
import type { Rectangle } from "./graph-walk";

export const PADDING = 32;
const SMALLEST = 0.2;
const SMALLEST_READ = 0.7;
const LARGEST = 1.6;
const ZOOM_STEP = 1.25;

export interface GraphView {
  box: RefObject<HTMLDivElement | null>;
  scale: number;
  /** In the graph's own lengths, with room around, so that it changes seldom. */
  visible: Rectangle;
  zoomIn: () => void;
  zoomOut: () => void;
  fit: () => void;
  /** Moves as little as need be. */
  show: (step: PlacedStep) => void;
}

/** At first, `first` is in the middle of the top. */
export function useGraphView(layout: GraphLayout, first: PlacedStep | undefined): GraphView {
  const box = useRef<HTMLDivElement>(null);
  const [scale, setScale] = useState(1);
  const [tile, setTile] = useState("0 0 1 1");
  const [begun, begin] = useState(0);
  /** The point of the graph that stays where it is while the scale changes, and where in the box that is. */
  const anchor = useRef<{ x: number; y: number; left: number; top: number } | null>(null);

  const look = useCallback(() => {
    const element = box.current;
    if (element) setTile(tileOf(element, scale));
  }, [scale]);

  const zoomTo = useCallback(
    (next: number, left?: number, top?: number) => {
      const element = box.current;
      if (!element) return;
      const at = { left: left ?? element.clientWidth / 2, top: top ?? element.clientHeight / 2 };
      anchor.current = {
        ...at,
        x: (element.scrollLeft + at.left - PADDING) / scale,
        y: (element.scrollTop + at.top - PADDING) / scale,
      };
      setScale(Math.min(LARGEST, Math.max(SMALLEST, next)));
    },
    [scale],
  );

  const fit = useCallback(() => {
    const element = box.current;
    if (!element) return;
    const width = (element.clientWidth - 2 * PADDING) / layout.width;
    const height = (window.innerHeight * 0.7 - 2 * PADDING) / layout.height;
    anchor.current = {
      x: layout.width / 2,
      y: layout.height / 2,
      left: element.clientWidth / 2,
      top: element.clientHeight / 2,
    };
    setScale(Math.min(1, Math.max(SMALLEST, Math.min(width, height))));
  }, [layout]);

  // At first as wide as the box, but never too small to be read.
  // biome-ignore lint/correctness/useExhaustiveDependencies: where it begins matters once
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const width = (element.clientWidth - 2 * PADDING) / layout.width;
    const left = element.clientWidth / 2;
    anchor.current = { x: (first?.x ?? 0) + NODE_WIDTH / 2, y: first?.y ?? 0, left, top: PADDING };
    setScale(Math.min(1, Math.max(SMALLEST_READ, width)));
    begin((count) => count + 1);
  }, [layout]);

  useLayoutEffect(() => {
    // It is not drawn yet as large as it begins.
    if (begun === 0) return;
    const element = box.current;
    const kept = anchor.current;
    if (element && kept) {
      element.scrollLeft = kept.x * scale + PADDING - kept.left;
      element.scrollTop = kept.y * scale + PADDING - kept.top;
    }
    anchor.current = null;
    look();
  }, [scale, look, begun]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const bounds = element.getBoundingClientRect();
      zoomTo(scale * Math.exp(-event.deltaY / 300), event.clientX - bounds.left, event.clientY - bounds.top);
    };
    const resized = new ResizeObserver(look);
    resized.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      resized.disconnect();
      element.removeEventListener("scroll", look);
      element.removeEventListener("wheel", onWheel);
    };
  }, [look, zoomTo, scale]);

  const show = useCallback(
    (step: PlacedStep) => {
      const element = box.current;
      if (!element) return;
      element.scrollLeft = scrolled(
        element.scrollLeft,
        element.clientWidth,
        step.x * scale,
        NODE_WIDTH * scale,
      );
      element.scrollTop = scrolled(
        element.scrollTop,
        element.clientHeight,
        step.y * scale,
        NODE_HEIGHT * scale,
      );
    },
    [scale],
  );

  const visible = useMemo(() => tileRectangle(tile), [tile]);
  return {
    box,
    scale,
    visible,
    zoomIn: () => zoomTo(scale * ZOOM_STEP),
    zoomOut: () => zoomTo(scale / ZOOM_STEP),
    fit,
    show,
  };
}

/** The scroll position that shows what lies at `start`, moved as little as need be. */
function scrolled(position: number, size: number, start: number, length: number): number {
  return Math.min(start, Math.max(position, start + length + 2 * PADDING - size));
}

/** How many tiles make a box. */
const TILES = 4;

/** Which tile is at the upper left, and how large tiles are, as a text: equal texts need no new drawing. */
function tileOf(element: HTMLElement, scale: number): string {
  const width = Math.max(1, element.clientWidth) / scale / TILES;
  const height = Math.max(1, element.clientHeight) / scale / TILES;
  const column = Math.floor(element.scrollLeft / scale / width);
  const row = Math.floor(element.scrollTop / scale / height);
  return `${column} ${row} ${width} ${height}`;
}

/** What is in view from that tile on, and a tile around it. */
function tileRectangle(tile: string): Rectangle {
  const [column = 0, row = 0, width = 1, height = 1] = tile.split(" ").map(Number);
  return {
    left: (column - 1) * width,
    right: (column + TILES + 2) * width,
    top: (row - 1) * height,
    bottom: (row + TILES + 2) * height,
  };
}
