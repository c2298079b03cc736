// What happened in the run, as it happens.
import { memo, useMemo } from "react";
import { Button } from "../shared/Button";
import { EmptyState } from "../shared/EmptyState";
import { LoadingPanel } from "../shared/Skeleton";
import { useIsWide } from "../shared/use-is-wide";
import { EventFilters } from "./EventFilters";
import { EventList } from "./EventList";
import { rowHeight } from "./EventRow";
import { eventRows } from "./event-rows";
import { useRunEvents } from "./use-run-events";
import { useRunSearch } from "./use-run-search";

interface EventsPanelProps {
  runId: string;
  /** It has not begun, so there may be no events. */
  isQueued: boolean;
  selectedKeys: ReadonlySet<string>;
}

// A step that moves, several times a second, changes nothing here.
export const EventsPanel = memo(function EventsPanel({ runId, isQueued, selectedKeys }: EventsPanelProps) {
  const [search, change] = useRunSearch();
  const { events, areAll } = useRunEvents(runId);
  const rowPx = rowHeight(useIsWide());
  const { level, text = "" } = search;
  const stepKeys = search.events === "selected" && selectedKeys.size > 0 ? selectedKeys : null;
  const rows = useMemo(() => eventRows(events, { level, text, stepKeys }), [events, level, text, stepKeys]);
  return (
    <section aria-label="Events" className="panel min-w-0 overflow-hidden">
      <header className="flex flex-wrap items-center justify-between gap-2 border-b border-line py-2 pr-2 pl-4">
        <h2 className="font-semibold">
          Events{" "}
          <span data-numeric className="font-normal text-sm text-muted">
            {rows.length === events.length
              ? events.length.toLocaleString("en")
              : `${rows.length.toLocaleString("en")} of ${events.length.toLocaleString("en")}`}
            {!areAll && events.length > 0 && ", live"}
          </span>
        </h2>
        <EventFilters hasSelection={selectedKeys.size > 0} />
      </header>
      {rows.length > 0 ? (
        <EventList key={rowPx} runId={runId} rows={rows} rowPx={rowPx} />
      ) : (
        <div className="min-h-40">
          {events.length > 0 ? (
            <EmptyState
              title="No event matches"
              action={
                <Button onClick={() => change({ level: undefined, text: undefined, events: undefined })}>
                  Show all events
                </Button>
              }
            />
          ) : isQueued || areAll ? (
            <p className="px-4 py-3 text-sm text-muted">
              {areAll ? "The run ended before it began." : "Nothing has happened yet."}
            </p>
          ) : (
            <div className="p-3">
              <LoadingPanel label="Reading the events" className="h-24" />
            </div>
          )}
        </div>
      )}
    </section>
  );
});
