// Asks again every few seconds, for what may change without any news.
import { useEffect, useRef } from "react";

const EVERY_MS = 3000;

/** Calls `ask` while `mayChange`, and only while somebody looks. */
export function useAgainWhile(mayChange: boolean, ask: () => void): void {
  const latest = useRef(ask);
  useEffect(() => {
    latest.current = ask;
  });
  useEffect(() => {
    if (!mayChange) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") latest.current();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [mayChange]);
}
