// The one row that the keyboard is at, of many.
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { GanttRow } from "./gantt-layout";
import { ROW_HEIGHT } from "./row-places";
import { showRow } from "./use-box";

export interface RowFocus {
  /** Index of the row that Tab comes to. */
  index: number;
  focused: (key: string) => void;
  /** The row that many further on, or the first or last. */
  move: (by: number) => void;
}

export function useRowFocus(
  box: RefObject<HTMLElement | null>,
  rows: readonly GanttRow[],
  openKey: string | null,
): RowFocus {
  const [key, setKey] = useState<string | null>(openKey);
  const mustFocus = useRef(false);
  const index = Math.max(0, indexOf(rows, key));

  useLayoutEffect(() => {
    if (!mustFocus.current) return;
    mustFocus.current = false;
    box.current?.querySelector<HTMLElement>(`[data-row="${index}"]`)?.focus({ preventScroll: true });
  }, [box, index]);

  // A step that was opened elsewhere is looked for here. Rows come and go without it.
  const latestRows = useRef(rows);
  latestRows.current = rows;
  useEffect(() => {
    const opened = indexOf(latestRows.current, openKey);
    if (opened < 0) return;
    setKey(openKey);
    showRow(box.current, opened * ROW_HEIGHT, ROW_HEIGHT);
  }, [box, openKey]);

  function move(by: number): void {
    const next = Math.min(Math.max(index + by, 0), rows.length - 1);
    const row = rows[next];
    if (!row || next === index) return;
    mustFocus.current = true;
    setKey(row.step.key);
    showRow(box.current, next * ROW_HEIGHT, ROW_HEIGHT);
  }

  return { index, focused: setKey, move };
}

function indexOf(rows: readonly GanttRow[], key: string | null): number {
  return key === null ? -1 : rows.findIndex((row) => row.step.key === key);
}
