// Moves the visible time by mouse, wheel or finger.
import { type RefObject, useEffect, useRef } from "react";
import type { CssPixels, TimeScale } from "./time-scale";
import type { Viewport } from "./use-viewport";

/** A hand that clicks moves a little. */
const DRAG_BEGINS: CssPixels = 5;
const ZOOM_A_PIXEL = 0.003;
const LINE: CssPixels = 16;

interface Lane {
  /** Of the box's own left edge. */
  left: CssPixels;
  scale: TimeScale;
  viewport: Viewport;
}

/** Ctrl and the wheel zoom about the pointer; a sideways wheel and a drag move. */
export function usePanZoom(box: RefObject<HTMLElement | null>, lane: Lane): void {
  const latest = useRef(lane);
  useEffect(() => {
    latest.current = lane;
  });

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const stop = new AbortController();
    // React's own wheel handlers are passive: they could not keep the page from zooming itself.
    const options = { signal: stop.signal, passive: false };
    element.addEventListener("wheel", (event) => onWheel(event, element, latest.current), options);
    listenToDrags(element, latest, options);
    return () => stop.abort();
  }, [box]);
}

function onWheel(event: WheelEvent, element: HTMLElement, { left, scale, viewport }: Lane): void {
  const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
  if (event.ctrlKey || event.metaKey) {
    const x = event.clientX - element.getBoundingClientRect().left - left;
    viewport.zoom(Math.exp(-event.deltaY * unit * ZOOM_A_PIXEL), scale.toTime(Math.max(0, x)));
    event.preventDefault();
  } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    viewport.panBy((event.deltaX * unit) / scale.pixelsPerMs);
    event.preventDefault();
  }
}

function listenToDrags(
  element: HTMLElement,
  latest: RefObject<Lane>,
  options: AddEventListenerOptions,
): void {
  let from: CssPixels | null = null;
  let isDragging = false;

  function onDown(event: PointerEvent): void {
    const { left, viewport } = latest.current;
    const isOverLane = event.clientX - element.getBoundingClientRect().left > left;
    from = event.button === 0 && isOverLane && !viewport.isWhole ? event.clientX : null;
    isDragging = false;
  }

  function onMove(event: PointerEvent): void {
    if (from === null || (!isDragging && Math.abs(event.clientX - from) < DRAG_BEGINS)) return;
    // What captures the pointer gets the click as well: a drag that ends on a bar does not select it.
    if (!isDragging) element.setPointerCapture(event.pointerId);
    isDragging = true;
    latest.current.viewport.panBy((from - event.clientX) / latest.current.scale.pixelsPerMs);
    from = event.clientX;
  }

  function onEnd(): void {
    from = null;
  }

  element.addEventListener("pointerdown", onDown, options);
  element.addEventListener("pointermove", onMove, options);
  element.addEventListener("pointerup", onEnd, options);
  element.addEventListener("pointercancel", onEnd, options);
}
