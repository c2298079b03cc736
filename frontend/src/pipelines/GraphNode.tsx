// A step in the graph.
import clsx from "clsx";
import { Layers, RotateCcw } from "lucide-react";
import { memo, useId } from "react";
import { NODE_HEIGHT, NODE_WIDTH, type PlacedStep } from "./graph-layout";
import type { StepDefinition } from "./pipeline-queries";

interface GraphNodeProps {
  place: PlacedStep;
  definition: StepDefinition | undefined;
  isOpen: boolean;
  /** By the Tab key. */
  isReachable: boolean;
  onToggle: (key: string) => void;
}

export const GraphNode = memo(function GraphNode(props: GraphNodeProps) {
  const { place, definition, isOpen, isReachable, onToggle } = props;
  const noteId = useId();
  const isDynamic = definition?.outputs.some((output) => output.isDynamic) ?? false;
  const retries = definition?.maxRetries ?? 0;
  return (
    <button
      type="button"
      data-step={place.key}
      aria-describedby={definition?.description ? noteId : undefined}
      aria-pressed={isOpen}
      title={place.key}
      tabIndex={isReachable ? 0 : -1}
      onClick={() => onToggle(place.key)}
      style={{ left: place.x, top: place.y, width: NODE_WIDTH, height: NODE_HEIGHT }}
      className={clsx(
        "absolute flex flex-col justify-center rounded-lg border px-3 text-left shadow-raised transition-colors",
        isOpen ? "border-accent bg-accent-soft" : "border-line-strong/50 bg-surface hover:bg-hover",
      )}
    >
      <span className="flex items-center gap-1.5">
        <span className="min-w-0 flex-1 truncate font-mono text-sm font-medium">{place.key}</span>
        {isDynamic && <Layers aria-hidden size={13} className="shrink-0 text-muted" />}
        {retries > 0 && (
          <span aria-hidden className="flex shrink-0 items-center gap-0.5 text-xs text-muted">
            <RotateCcw aria-hidden size={11} />
            {retries}
          </span>
        )}
      </span>
      {definition?.description && (
        <span id={noteId} aria-hidden className="truncate text-xs text-muted">
          {definition.description}
        </span>
      )}
    </button>
  );
});
