// Whether the service answers, and whether its database does, for all who show it.
import { useSyncExternalStore } from "react";

export type Away = "service" | "database";

const away = new Set<Away>();
const listeners = new Set<() => void>();

/** Told by whoever speaks with the service. */
export function report(what: Away, isThere: boolean): void {
  if (away.has(what) !== isThere) return;
  if (isThere) away.delete(what);
  else away.add(what);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Null while all answer; without the service nothing is known of its database. */
export function useAway(): Away | null {
  return useSyncExternalStore(subscribe, whatIsAway);
}

function whatIsAway(): Away | null {
  if (away.has("service")) return "service";
  return away.has("database") ? "database" : null;
}
