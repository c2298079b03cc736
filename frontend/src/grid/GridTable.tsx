// Steps by runs as a table: the names stay at its left, the runs at its top; of its rows those in sight are drawn.
import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";
import { Fragment, type RefObject, useLayoutEffect, useMemo, useRef } from "react";
import { GridColumnHeads } from "./GridColumnHeads";
import { GridRowCells } from "./GridRowCells";
import type { GridRow, RunGrid } from "./grid-layout";
import { shownName } from "./grid-words";
import { useGridFocus } from "./use-grid-focus";

interface GridTableProps {
  grid: RunGrid;
  onUnfold: (of: string, isUnfolded: boolean) => void;
}

const ROW_PX = 32;
const HEAD_PX = 72;

export function GridTable({ grid, onUnfold }: GridTableProps) {
  const { groups, runs, rows } = grid;
  const box = useRef<HTMLDivElement>(null);
  const focus = useGridFocus(box, rows.length, runs.length);
  useNewestInSight(box, runs.at(-1)?.id);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    scrollMargin: HEAD_PX,
    overscan: 8,
    // The row that the keyboard is at does not go away.
    rangeExtractor: (range) => {
      const drawn = new Set([...defaultRangeExtractor(range), Math.max(0, focus.at.row - 1)]);
      return [...drawn].filter((index) => index < rows.length).sort((a, b) => a - b);
    },
  });
  const drawn = virtualizer.getVirtualItems().map(({ index }) => index);
  const namesWidth = useMemo(() => widthOf(rows), [rows]);
  return (
    <div
      ref={box}
      className="max-h-[60vh] overflow-auto overscroll-x-contain font-mono text-sm"
      style={{ scrollPaddingTop: HEAD_PX, scrollPaddingLeft: namesWidth }}
    >
      <table
        // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table of links, walked with arrows
        role="grid"
        aria-label="Steps in runs"
        aria-rowcount={rows.length + 1}
        aria-colcount={runs.length + 1}
        className="border-separate border-spacing-0"
        onKeyDown={focus.onKeyDown}
      >
        <GridColumnHeads groups={groups} namesWidth={namesWidth} focus={focus} />
        <tbody>
          {drawn.map((index, nth) => {
            const row = rows[index];
            if (!row) return null;
            return (
              <Fragment key={row.key}>
                <Gap rows={index - (drawn[nth - 1] ?? -1) - 1} />
                <GridRowCells
                  row={row}
                  rowIndex={index + 1}
                  groups={groups}
                  height={ROW_PX}
                  focus={focus}
                  onUnfold={onUnfold}
                />
              </Fragment>
            );
          })}
          <Gap rows={rows.length - 1 - (drawn.at(-1) ?? rows.length - 1)} />
        </tbody>
      </table>
    </div>
  );
}

/** As wide as the names, which are monospaced; on a telephone the runs must have room beside them. */
function widthOf(rows: readonly GridRow[]): string {
  const longest = rows.reduce((most, row) => Math.max(most, shownName(row).length), 8);
  return `min(${longest}ch + 3rem, 45cqw)`;
}

/** The place of rows that are not drawn. */
function Gap({ rows }: { rows: number }) {
  return rows > 0 && <tr aria-hidden style={{ height: rows * ROW_PX }} />;
}

/** The newest run is at the right end: there it begins, and stays there when another run comes. */
function useNewestInSight(box: RefObject<HTMLDivElement | null>, newestId: string | undefined): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: anew for each newest run
  useLayoutEffect(() => {
    const element = box.current;
    if (element) element.scrollLeft = element.scrollWidth;
  }, [box, newestId]);
}
