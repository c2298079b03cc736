// The one cell that the keyboard is at, of many.
import { type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from "react";

export interface CellPlace {
  /** 0 is the row of the runs' own links. */
  row: number;
  /** 0 is the column of the steps' names. */
  column: number;
}

export interface GridFocus {
  /** Where Tab comes to. */
  at: CellPlace;
  isAt: (row: number, column: number) => boolean;
  onFocus: (row: number, column: number) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

const PAGE = 10;

/** Rows and columns without those at 0. At first it is at the newest run's first step. */
export function useGridFocus(box: RefObject<HTMLElement | null>, rows: number, columns: number): GridFocus {
  const [place, setPlace] = useState<CellPlace | null>(null);
  const mustFocus = useRef(false);
  const at = within(place ?? { row: 1, column: columns }, rows, columns);

  useLayoutEffect(() => {
    if (!mustFocus.current) return;
    mustFocus.current = false;
    const cell = box.current?.querySelector<HTMLElement>(`[data-cell="${at.row},${at.column}"]`);
    cell?.focus({ preventScroll: true });
    cell?.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  function onKeyDown(event: KeyboardEvent): void {
    if (event.altKey || event.metaKey || event.shiftKey) return;
    const next = moved(at, event.key, event.ctrlKey, rows, columns);
    if (!next) return;
    event.preventDefault();
    if (next.row === at.row && next.column === at.column) return;
    mustFocus.current = true;
    setPlace(next);
  }

  return {
    at,
    isAt: (row, column) => row === at.row && column === at.column,
    onFocus: (row, column) => setPlace({ row, column }),
    onKeyDown,
  };
}

/** Where a key leads to (pure); null where it is none of the grid's. */
export function moved(
  { row, column }: CellPlace,
  key: string,
  isCtrl: boolean,
  rows: number,
  columns: number,
): CellPlace | null {
  const next = isCtrl ? FAR[key]?.(rows, columns) : NEAR[key]?.({ row, column }, columns);
  return next ? within(next, rows, columns) : null;
}

const NEAR: Partial<Record<string, (at: CellPlace, columns: number) => CellPlace>> = {
  ArrowUp: ({ row, column }) => ({ row: row - 1, column }),
  ArrowDown: ({ row, column }) => ({ row: row + 1, column }),
  ArrowLeft: ({ row, column }) => ({ row, column: column - 1 }),
  ArrowRight: ({ row, column }) => ({ row, column: column + 1 }),
  PageUp: ({ row, column }) => ({ row: row - PAGE, column }),
  PageDown: ({ row, column }) => ({ row: row + PAGE, column }),
  Home: ({ row }) => ({ row, column: 0 }),
  End: ({ row }, columns) => ({ row, column: columns }),
};

const FAR: Partial<Record<string, (rows: number, columns: number) => CellPlace>> = {
  Home: () => ({ row: 0, column: 1 }),
  End: (rows, columns) => ({ row: rows, column: columns }),
};

/** Nothing is to be done in the corner. */
function within({ row, column }: CellPlace, rows: number, columns: number): CellPlace {
  const inColumns = Math.min(Math.max(column, 0), columns);
  return { row: Math.min(Math.max(row, inColumns === 0 ? 1 : 0), rows), column: inColumns };
}
