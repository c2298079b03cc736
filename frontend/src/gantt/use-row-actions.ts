// What mouse and keyboard do at a row.
import { type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef } from "react";
import { lengthOf } from "./time-scale";
import type { RowFocus } from "./use-row-focus";
import type { Viewport } from "./use-viewport";

export type StepClick = "only" | "toggle" | "downstream";

export interface RowActions {
  onClick: (key: string, event: MouseEvent) => void;
  onDoubleClick: (key: string, event: MouseEvent) => void;
  onKeyDown: (key: string, event: KeyboardEvent) => void;
  onFocus: (key: string) => void;
}

interface Behind {
  focus: RowFocus;
  viewport: Viewport;
  onClickStep: (key: string, how: StepClick) => void;
}

const PAGE = 10;
const PAN_SHARE = 0.1;
const ZOOM = 1.5;
const FAR = Number.MAX_SAFE_INTEGER;

/** The same functions for ever, so that rows are drawn again only for their own sake. */
export function useRowActions(behind: Behind): RowActions {
  const latest = useRef(behind);
  useEffect(() => {
    latest.current = behind;
  });

  return useMemo(
    () => ({
      onClick: (key, event) => {
        // The second click of a double click belongs to that alone.
        if (isWithModifier(event)) latest.current.onClickStep(key, "toggle");
        else if (event.detail < 2) latest.current.onClickStep(key, "only");
      },
      onDoubleClick: (key, event) => {
        if (!isWithModifier(event)) latest.current.onClickStep(key, "downstream");
      },
      onKeyDown: (key, event) => {
        if (!answerKey(key, event, latest.current)) return;
        event.preventDefault();
        event.stopPropagation();
      },
      onFocus: (key) => latest.current.focus.focused(key),
    }),
    [],
  );
}

function isWithModifier(event: MouseEvent): boolean {
  return event.ctrlKey || event.metaKey || event.shiftKey;
}

/** Whether the key was one of the chart's. GanttKeys tells them. */
function answerKey(key: string, event: KeyboardEvent, { focus, viewport, onClickStep }: Behind): boolean {
  const how = clickOf(event);
  const rows = ROWS_MOVED[event.key];
  // With Ctrl and Alt these are the browser's own.
  const time = event.ctrlKey || event.metaKey || event.altKey ? undefined : TIME_ACTIONS[event.key];
  if (how) onClickStep(key, how);
  else if (rows !== undefined) focus.move(rows);
  else if (time) time(viewport);
  else return false;
  return true;
}

function clickOf(event: KeyboardEvent): StepClick | null {
  const isCtrl = event.ctrlKey || event.metaKey;
  if (event.key === "Enter") return isCtrl ? "toggle" : event.shiftKey ? "downstream" : "only";
  if (event.key === " ") return isCtrl || event.shiftKey ? "toggle" : "only";
  return null;
}

const ROWS_MOVED: Partial<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: PAGE,
  PageUp: -PAGE,
  Home: -FAR,
  End: FAR,
};

const TIME_ACTIONS: Partial<Record<string, (viewport: Viewport) => void>> = {
  ArrowLeft: (viewport) => viewport.panBy(-PAN_SHARE * lengthOf(viewport.range)),
  ArrowRight: (viewport) => viewport.panBy(PAN_SHARE * lengthOf(viewport.range)),
  "+": (viewport) => viewport.zoom(ZOOM),
  "=": (viewport) => viewport.zoom(ZOOM),
  "-": (viewport) => viewport.zoom(1 / ZOOM),
  "0": (viewport) => viewport.showWhole(),
};
