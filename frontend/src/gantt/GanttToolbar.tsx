// Above the chart: which steps it shows, and how close one looks.
import { ChevronsRight, Maximize2, ZoomIn, ZoomOut } from "lucide-react";
import { Button, IconButton } from "../shared/Button";
import { FIELD } from "../shared/field";
import { GanttKeys } from "./GanttKeys";
import type { GanttRow } from "./gantt-layout";
import { filtered, filterLabel, STEP_FILTERS, type StepFilter } from "./step-filter";
import type { Viewport } from "./use-viewport";

interface GanttToolbarProps {
  rows: readonly GanttRow[];
  filter: StepFilter;
  onFilter: (filter: StepFilter) => void;
  /** Only steps whose name holds this. */
  part: string;
  onPart: (part: string) => void;
  viewport: Viewport;
  isLive: boolean;
}

const ZOOM = 1.5;

/** So few are seen at a glance. */
const FEW = 12;

export function GanttToolbar({ rows, filter, onFilter, part, onPart, viewport, isLive }: GanttToolbarProps) {
  return (
    <div className="flex h-10 items-center gap-0.5 border-b border-line pl-2 pr-1">
      <select
        aria-label="Shown steps"
        value={filter}
        className="h-7 min-w-0 rounded-md border border-transparent bg-surface px-1 text-sm text-muted hover:bg-hover"
        onChange={(event) => onFilter(STEP_FILTERS.find((one) => one === event.target.value) ?? "all")}
      >
        {STEP_FILTERS.map((one) => (
          <option key={one} value={one}>
            {filterLabel(one, filtered(rows, one).length)}
          </option>
        ))}
      </select>
      {(rows.length > FEW || part !== "") && (
        <input
          type="search"
          aria-label="Find a step"
          placeholder="Find a step"
          value={part}
          onChange={(event) => onPart(event.target.value)}
          className={`${FIELD} h-7 w-40 min-w-0 shrink text-sm`}
        />
      )}
      <span className="ml-auto" />
      {isLive && viewport.isFixed && (
        <Button size="sm" kind="quiet" onClick={viewport.follow}>
          <ChevronsRight aria-hidden size={16} /> Follow
        </Button>
      )}
      <IconButton label="Zoom out" disabled={viewport.isWhole} onClick={() => viewport.zoom(1 / ZOOM)}>
        <ZoomOut aria-hidden size={16} />
      </IconButton>
      <IconButton label="Zoom in" onClick={() => viewport.zoom(ZOOM)}>
        <ZoomIn aria-hidden size={16} />
      </IconButton>
      <IconButton label="Show the whole run" disabled={viewport.isWhole} onClick={viewport.showWhole}>
        <Maximize2 aria-hidden size={16} />
      </IconButton>
      <GanttKeys />
    </div>
  );
}
