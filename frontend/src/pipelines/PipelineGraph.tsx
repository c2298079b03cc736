// A pipeline's steps as a graph, from what comes first down to what comes last.
import { Maximize, ZoomIn, ZoomOut } from "lucide-react";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { IconButton } from "../shared/Button";
import { GraphEdges } from "./GraphEdges";
import { GraphNode } from "./GraphNode";
import { graphLayout, NODE_HEIGHT, NODE_WIDTH, type PlacedStep } from "./graph-layout";
import { isArrow, stepTowards, touches } from "./graph-walk";
import type { StepDefinition } from "./pipeline-queries";
import { useDragScroll } from "./use-drag-scroll";
import { PADDING, useGraphView } from "./use-graph-view";

interface PipelineGraphProps {
  steps: readonly StepDefinition[];
  /** The step whose panel is open. */
  openKey: string | null;
  onOpen: (key: string | null) => void;
}

export function PipelineGraph({ steps, openKey, onOpen }: PipelineGraphProps) {
  const definitions = useMemo(() => new Map(steps.map((step) => [step.key, step])), [steps]);
  const orderOnlyKeys = useMemo(() => new Set(steps.filter(isOrderOnly).map((step) => step.key)), [steps]);
  const layout = useMemo(
    () => graphLayout(steps.map((step) => ({ key: step.key, upstreamKeys: step.upstreamStepKeys }))),
    [steps],
  );
  const placed = useMemo(() => new Map(layout.steps.map((step) => [step.key, step])), [layout]);
  const view = useGraphView(layout, placed.get(openKey ?? "") ?? layout.steps[0]);
  const { box, scale, visible, show } = view;
  useDragScroll(box);

  // One step is reached by Tab, the others from there by arrows.
  const [walkedTo, setWalkedTo] = useState<string | null>(null);
  const reachable = walkedTo ?? openKey ?? layout.steps[0]?.key ?? null;
  const focusNext = useRef(false);
  const walk = (event: KeyboardEvent) => {
    const from = event.target instanceof HTMLElement ? event.target.dataset.step : undefined;
    if (!isArrow(event.key) || from === undefined) return;
    event.preventDefault();
    focusNext.current = true;
    setWalkedTo(stepTowards(layout, from, event.key) ?? from);
  };
  useEffect(() => {
    const step = focusNext.current && walkedTo !== null ? placed.get(walkedTo) : undefined;
    if (!step) return;
    focusNext.current = false;
    show(step);
    box.current
      ?.querySelector<HTMLElement>(`[data-step="${CSS.escape(step.key)}"]`)
      ?.focus({ preventScroll: true });
  }, [walkedTo, placed, show, box]);

  useEffect(() => {
    const step = openKey === null ? undefined : placed.get(openKey);
    if (step) show(step);
  }, [openKey, placed, show]);

  const toggle = useCallback(
    (key: string) => {
      setWalkedTo(key);
      onOpen(key === openKey ? null : key);
    },
    [onOpen, openKey],
  );

  const isDrawn = (step: PlacedStep) =>
    step.key === reachable ||
    touches(visible, { left: step.x, right: step.x + NODE_WIDTH, top: step.y, bottom: step.y + NODE_HEIGHT });

  return (
    <section aria-label="Graph of the steps" className="panel min-w-0 self-start overflow-hidden">
      <div className="flex items-center justify-end border-b border-line px-2 py-1">
        <h2 className="flex-1 px-2 font-semibold">Steps</h2>
        <IconButton label="Zoom out" onClick={view.zoomOut}>
          <ZoomOut aria-hidden size={16} />
        </IconButton>
        <IconButton label="Zoom in" onClick={view.zoomIn}>
          <ZoomIn aria-hidden size={16} />
        </IconButton>
        <IconButton label="Show all of it" onClick={view.fit}>
          <Maximize aria-hidden size={16} />
        </IconButton>
      </div>
      <div ref={box} className="max-h-[70vh] cursor-grab overflow-auto active:cursor-grabbing">
        <div
          className="relative mx-auto"
          style={{
            width: layout.width * scale + 2 * PADDING,
            height: layout.height * scale + 2 * PADDING,
          }}
        >
          {/* biome-ignore lint/a11y/useSemanticElements: a group of buttons, no form */}
          <div
            role="group"
            aria-label="Steps; arrow keys go along the edges"
            className="absolute origin-top-left"
            style={{
              left: PADDING,
              top: PADDING,
              width: layout.width,
              height: layout.height,
              transform: `scale(${scale})`,
            }}
            onKeyDown={walk}
          >
            <GraphEdges layout={layout} visible={visible} openKey={openKey} orderOnlyKeys={orderOnlyKeys} />
            {layout.steps.filter(isDrawn).map((step) => (
              <GraphNode
                key={step.key}
                place={step}
                definition={definitions.get(step.key)}
                isOpen={step.key === openKey}
                isReachable={step.key === reachable}
                onToggle={toggle}
              />
            ))}
          </div>
        </div>
      </div>
    </section>
  );
}

function isOrderOnly({ outputs }: StepDefinition): boolean {
  return outputs.length > 0 && outputs.every((output) => output.typeName === "Nothing");
}
