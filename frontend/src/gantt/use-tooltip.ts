// Which row's tooltip is shown, and beside which point.
import { type FocusEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import type { CssPixels } from "./time-scale";

const HOVER_MS = 350;

export interface Pointed {
  key: string;
  row: HTMLElement;
  x: CssPixels;
  /** The row's upper and lower edge; all in the window's pixels. */
  top: CssPixels;
  bottom: CssPixels;
}

export interface TooltipActions {
  onPointerEnter: (key: string, event: PointerEvent<HTMLElement>) => void;
  onPointerMove: (event: PointerEvent<HTMLElement>) => void;
  /** By keyboard at once; a click has its own answer. */
  onFocus: (key: string, event: FocusEvent<HTMLElement>) => void;
  show: (key: string, row: HTMLElement, x: CssPixels) => void;
  hide: () => void;
}

export function useTooltip(): [Pointed | null, TooltipActions] {
  const [pointed, setPointed] = useState<Pointed | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const pointerX = useRef<CssPixels>(0);

  const actions = useMemo<TooltipActions>(() => {
    function show(key: string, row: HTMLElement, x: CssPixels): void {
      const { top, bottom } = row.getBoundingClientRect();
      setPointed({ key, row, x, top, bottom });
    }
    return {
      show,
      onPointerEnter: (key, { currentTarget, pointerType, clientX }) => {
        if (pointerType !== "mouse") return;
        pointerX.current = clientX;
        clearTimeout(timer.current);
        timer.current = setTimeout(() => show(key, currentTarget, pointerX.current), HOVER_MS);
      },
      onPointerMove: ({ clientX }) => {
        pointerX.current = clientX;
      },
      onFocus: (key, { currentTarget }) => {
        if (currentTarget.matches(":focus-visible")) {
          // To the right, beside the names of other steps.
          show(key, currentTarget, currentTarget.getBoundingClientRect().right);
        }
      },
      hide: () => {
        clearTimeout(timer.current);
        setPointed(null);
      },
    };
  }, []);

  useEffect(() => {
    if (pointed === null) return;
    const stop = new AbortController();
    const onEscape = (event: KeyboardEvent) => event.key === "Escape" && actions.hide();
    window.addEventListener("keydown", onEscape, { signal: stop.signal });
    const { key, row, x } = pointed;
    // What has the keyboard keeps its tooltip while it is scrolled into sight.
    const onScroll = () => (row === document.activeElement ? actions.show(key, row, x) : actions.hide());
    window.addEventListener("scroll", onScroll, { signal: stop.signal, capture: true });
    window.addEventListener("wheel", actions.hide, { signal: stop.signal, capture: true });
    return () => stop.abort();
  }, [pointed, actions]);
  useEffect(() => () => clearTimeout(timer.current), []);

  return [pointed, actions];
}
