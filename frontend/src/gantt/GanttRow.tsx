// One step: its name with its bar, all of it one button.
import clsx from "clsx";
import { ChevronRight, TriangleAlert } from "lucide-react";
import { memo } from "react";
import { StatusMark } from "../shared/StatusTag";
import { STEP_STATUS, type StepStatus } from "../shared/status";
import type { Milliseconds } from "../shared/time";
import { SOFT } from "../shared/tone";
import { GanttBars } from "./GanttBars";
import type { GanttRow } from "./gantt-layout";
import { ROW_HEIGHT } from "./row-places";
import { nameOf } from "./row-words";
import type { CssPixels, TimeScale } from "./time-scale";
import type { RowActions } from "./use-row-actions";
import type { TooltipActions } from "./use-tooltip";

interface GanttRowProps {
  row: GanttRow;
  index: number;
  count: number;
  /** The same for all rows that do not go on, so that they are not drawn again every second. */
  now: Milliseconds;
  scale: TimeScale;
  labelWidth: CssPixels;
  laneWidth: CssPixels;
  isSelected: boolean;
  /** Others are selected. */
  isDimmed: boolean;
  isStale: boolean;
  /** Its panel is open. */
  isOpened: boolean;
  isTabStop: boolean;
  tooltipId: string | undefined;
  actions: RowActions;
  tooltip: TooltipActions;
}

export const GanttRowButton = memo(function GanttRowButton(props: GanttRowProps) {
  const { row, index, labelWidth, isSelected, isDimmed, isStale, isOpened, actions, tooltip } = props;
  const { key, status } = row.step;
  return (
    <li
      aria-setsize={props.count}
      aria-posinset={index + 1}
      className="absolute inset-x-0 [contain:strict]"
      style={{ top: index * ROW_HEIGHT, height: ROW_HEIGHT }}
    >
      <button
        type="button"
        data-row={index}
        aria-label={nameOf(row, props.now, isStale)}
        aria-pressed={isSelected}
        aria-describedby={props.tooltipId}
        tabIndex={props.isTabStop ? 0 : -1}
        className={clsx(
          "group flex h-full w-full text-left focus-visible:-outline-offset-2",
          isSelected ? "bg-accent-soft" : "hover:bg-hover/60",
        )}
        onClick={(event) => actions.onClick(key, event)}
        onDoubleClick={(event) => actions.onDoubleClick(key, event)}
        onKeyDown={(event) => actions.onKeyDown(key, event)}
        onFocus={(event) => {
          actions.onFocus(key);
          tooltip.onFocus(key, event);
        }}
        onBlur={tooltip.hide}
        onPointerEnter={(event) => tooltip.onPointerEnter(key, event)}
        onPointerMove={tooltip.onPointerMove}
        onPointerLeave={tooltip.hide}
        onPointerDown={tooltip.hide}
      >
        <RowLabel
          stepKey={key}
          status={status}
          width={labelWidth}
          isSelected={isSelected}
          isDimmed={isDimmed}
          isStale={isStale}
          isOpened={isOpened}
        />
      </button>
      {/* Over the button, which has it in its name. */}
      <span
        aria-hidden
        className={clsx(
          "pointer-events-none absolute inset-y-0 right-0 overflow-hidden",
          isDimmed ? "gantt-dimmed text-muted" : "text-ink",
        )}
        style={{ left: labelWidth }}
      >
        <GanttBars row={row} now={props.now} scale={props.scale} laneWidth={props.laneWidth} />
      </span>
    </li>
  );
});

interface RowLabelProps {
  stepKey: string;
  status: StepStatus;
  width: CssPixels;
  isSelected: boolean;
  isDimmed: boolean;
  isStale: boolean;
  isOpened: boolean;
}

/** Where the column is narrower, names need all of it. */
const ROOM_FOR_WORDS: CssPixels = 150;

/** Stays as it is while bars move. */
const RowLabel = memo(function RowLabel(props: RowLabelProps) {
  const { stepKey, status, isSelected, isDimmed } = props;
  return (
    <span
      className={clsx(
        "relative flex shrink-0 items-center gap-1.5 border-r border-line pl-3 pr-1.5",
        isSelected && "before:absolute before:inset-y-0 before:left-0 before:w-[3px] before:bg-accent",
      )}
      style={{ width: props.width }}
    >
      <StatusMark look={STEP_STATUS[status]} />
      <span
        className={clsx(
          "truncate text-sm",
          isSelected && "font-medium",
          isDimmed ? "text-muted" : "text-ink",
        )}
      >
        {stepKey}
      </span>
      {props.isStale && <StaleMark hasRoom={props.width >= ROOM_FOR_WORDS} />}
      {props.isOpened && <ChevronRight aria-hidden size={14} className="ml-auto shrink-0 text-muted" />}
    </span>
  );
});

/** The button has it in its name, in another place, so the word is drawn and no text of the button. */
function StaleMark({ hasRoom }: { hasRoom: boolean }) {
  return (
    <span
      aria-hidden
      className={clsx(
        "shrink-0 rounded-full px-1.5 text-xs leading-4",
        SOFT.warning,
        hasRoom && "before:content-['stale']",
      )}
    >
      {!hasRoom && <TriangleAlert size={12} className="my-0.5" />}
    </span>
  );
}
