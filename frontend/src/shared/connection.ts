// Whether the service answers, for all who show it.
import { useSyncExternalStore } from "react";

let isOnline = true;
const listeners = new Set<() => void>();

/** Told by whoever speaks with the service. */
export function reportOnline(online: boolean): void {
  if (online === isOnline) return;
  isOnline = online;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** True while the service answers. */
export function useIsOnline(): boolean {
  return useSyncExternalStore(subscribe, () => isOnline);
}
