// A long list of events of which only those in sight are drawn. At its end it stays at the end.
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown } from "lucide-react";
import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { Button } from "../shared/Button";
import { EventRow } from "./EventRow";
import type { RunEvent } from "./use-run-events";

const LOWEST_PX = 160;
const TALLEST = "28rem";
/** Nearer than this to the end counts as the end. */
const NEAR_PX = 12;

interface EventListProps {
  runId: string;
  rows: readonly RunEvent[];
  /** Of a row that is closed. With another height it is another list. */
  rowPx: number;
}

export function EventList({ runId, rows, rowPx }: EventListProps) {
  const box = useRef<HTMLDivElement>(null);
  const [isAtEnd, setIsAtEnd] = useState(true);
  const [isCut, setIsCut] = useState(false);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  // A row that is opened is another one to the list: its height is known only when it is there.
  const itemKey = useCallback(
    (index: number) => {
      const cursor = rows[index]?.cursor ?? "";
      return open.has(cursor) ? `${cursor} open` : cursor;
    },
    [rows, open],
  );
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    getItemKey: itemKey,
    overscan: 12,
  });
  const height = virtualizer.getTotalSize();

  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever the list has grown
  useLayoutEffect(() => {
    const list = box.current;
    if (list === null) return;
    setIsCut(list.scrollHeight > list.clientHeight);
    if (isAtEnd) list.scrollTo({ top: list.scrollHeight });
  }, [isAtEnd, height]);

  const toggle = useCallback((cursor: string) => {
    // What is opened stays where it is.
    setIsAtEnd(false);
    setOpen((old) => {
      const changed = new Set(old);
      if (!changed.delete(cursor)) changed.add(cursor);
      return changed;
    });
  }, []);

  return (
    <div className="relative">
      <div
        ref={box}
        role="log"
        aria-live="off"
        aria-label="Events of the run"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
        tabIndex={0}
        onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) =>
          setIsAtEnd(scrollHeight - scrollTop - clientHeight < NEAR_PX)
        }
        style={{ height: `min(${TALLEST}, ${Math.max(LOWEST_PX, height)}px)` }}
        className="min-h-32 resize-y overflow-y-auto overflow-x-hidden outline-offset-[-2px]"
      >
        <div className="relative" style={{ height }}>
          {virtualizer.getVirtualItems().map((item) => {
            const event = rows[item.index];
            const isOpen = event !== undefined && open.has(event.cursor);
            return (
              event && (
                <div
                  key={event.cursor}
                  // Closed rows are all of one height: to measure each would cost a layout each.
                  ref={isOpen ? virtualizer.measureElement : undefined}
                  data-index={item.index}
                  className="absolute inset-x-0 top-0"
                  style={{ transform: `translateY(${item.start}px)` }}
                >
                  <EventRow runId={runId} event={event} isOpen={isOpen} onToggle={toggle} />
                </div>
              )
            );
          })}
        </div>
      </div>
      {isCut && !isAtEnd && (
        <Button
          size="sm"
          className="absolute right-5 bottom-3 shadow-floating"
          onClick={() => setIsAtEnd(true)}
        >
          <ArrowDown aria-hidden size={14} /> Newest
        </Button>
      )}
    </div>
  );
}
