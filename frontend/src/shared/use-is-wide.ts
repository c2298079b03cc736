// Whether the window is at least as wide as a tablet, for what cannot be said in classes.
import { useSyncExternalStore } from "react";

// The breakpoint `md`.
const wide = () => window.matchMedia("(min-width: 52rem)");

function subscribe(listener: () => void): () => void {
  const query = wide();
  query.addEventListener("change", listener);
  return () => query.removeEventListener("change", listener);
}

export function useIsWide(): boolean {
  return useSyncExternalStore(subscribe, () => wide().matches);
}
