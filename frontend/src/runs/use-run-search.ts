// What the address of the run's page says, and how the page changes it.
import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import type { RunSearch } from "./run-search";

const route = getRouteApi("/runs/$runId");

/** Names with undefined leave the address. */
export type SearchChange = { [Name in keyof RunSearch]?: RunSearch[Name] | undefined };

/** `isTyping`: the change makes no step in the browser's history. */
export type ChangeSearch = (change: SearchChange, options?: { isTyping: boolean }) => void;

export function useRunSearch(): [RunSearch, ChangeSearch] {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const change: ChangeSearch = useCallback(
    (changed, options) => {
      void navigate({
        search: (old) => ({ ...old, ...changed }) as RunSearch,
        replace: options?.isTyping ?? false,
        resetScroll: false,
      });
    },
    [navigate],
  );
  return [search, change];
}
