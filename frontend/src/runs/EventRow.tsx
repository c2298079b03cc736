// One event: when, how much it matters, which step, what happened.
import clsx from "clsx";
import { ChevronRight } from "lucide-react";
import { memo } from "react";
import { formatClock } from "../shared/time";
import { EventDetails } from "./EventDetails";
import { kindText } from "./event-rows";
import { LevelMark } from "./LevelMark";
import { StepLink } from "./StepLink";
import type { RunEvent } from "./use-run-events";

/** Of a row that is closed, with its line below. */
export function rowHeight(isWide: boolean): number {
  return isWide ? 29 : 49;
}

interface EventRowProps {
  runId: string;
  event: RunEvent;
  isOpen: boolean;
  onToggle: (cursor: string) => void;
}

export const EventRow = memo(function EventRow({ runId, event, isOpen, onToggle }: EventRowProps) {
  return (
    <div className={clsx("border-b border-line/60", isOpen && "bg-sunken/60")}>
      <div className="flex h-12 items-start gap-x-2 overflow-hidden px-2 py-1 text-sm md:h-7">
        <button
          type="button"
          aria-expanded={isOpen}
          aria-label={`Details: ${kindText(event.kind)}${event.stepKey === null ? "" : `, ${event.stepKey}`}`}
          onClick={() => onToggle(event.cursor)}
          className="-my-0.5 grid size-6 shrink-0 place-items-center rounded-sm text-muted hover:bg-hover"
        >
          <ChevronRight
            aria-hidden
            size={14}
            className={clsx("transition-transform", isOpen && "rotate-90")}
          />
        </button>
        <div className="min-w-0 flex-1 md:grid md:grid-cols-[5.75rem_5rem_10rem_8.5rem_minmax(0,1fr)] md:gap-x-3">
          <span className="mr-3 md:contents">
            <time dateTime={event.timestamp} className="mr-2 font-mono text-xs leading-5 text-muted md:mr-0">
              {formatClock(new Date(event.timestamp))}
            </time>
            <LevelMark level={event.level} className="mr-2 md:mr-0" />
            <span className="truncate md:[&>a]:no-underline">
              {event.stepKey !== null && <StepLink stepKey={event.stepKey} />}
            </span>
          </span>
          <span className="hidden truncate text-muted md:block">{kindText(event.kind)}</span>
          <span className="block truncate" title={event.message}>
            {event.message}
          </span>
        </div>
      </div>
      {isOpen && <EventDetails runId={runId} event={event} />}
    </div>
  );
});
