// How large a scrolling box is, and which of its rows are in sight.
import { type RefObject, useLayoutEffect, useState } from "react";
import { AXIS_HEIGHT, type RowSpan, rowsInSight } from "./row-places";
import type { CssPixels } from "./time-scale";

export interface Box {
  /** Without the scroll bar. */
  width: CssPixels;
  rows: RowSpan;
}

export function useBox(box: RefObject<HTMLElement | null>, rowCount: number): Box {
  const [width, setWidth] = useState<CssPixels>(0);
  const [rows, setRows] = useState<RowSpan>({ first: 0, end: 0 });

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = () => {
      setWidth(element.clientWidth);
      const now = rowsInSight(element.scrollTop, element.clientHeight - AXIS_HEIGHT, rowCount);
      setRows((before) => (before.first === now.first && before.end === now.end ? before : now));
    };
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [box, rowCount]);

  return { width, rows };
}

/** Scrolls no further than it takes to see the row. */
export function showRow(box: HTMLElement | null, top: CssPixels, height: CssPixels): void {
  if (!box) return;
  const lowest = top + height - (box.clientHeight - AXIS_HEIGHT);
  if (top < box.scrollTop) box.scrollTop = top;
  else if (lowest > box.scrollTop) box.scrollTop = lowest;
}
