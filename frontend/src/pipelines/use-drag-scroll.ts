// A box that is scrolled by dragging its ground with the mouse. Fingers scroll it anyway.
import { type RefObject, useEffect } from "react";

export function useDragScroll(box: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const onDown = (event: PointerEvent) => {
      const isGround = event.target instanceof Element && event.target.closest("button") === null;
      if (event.pointerType !== "mouse" || event.button !== 0 || !isGround) return;
      element.setPointerCapture(event.pointerId);
      event.preventDefault();
    };
    const onMove = (event: PointerEvent) => {
      if (!element.hasPointerCapture(event.pointerId)) return;
      element.scrollLeft -= event.movementX;
      element.scrollTop -= event.movementY;
    };
    element.addEventListener("pointerdown", onDown);
    element.addEventListener("pointermove", onMove);
    return () => {
      element.removeEventListener("pointerdown", onDown);
      element.removeEventListener("pointermove", onMove);
    };
  }, [box]);
}
