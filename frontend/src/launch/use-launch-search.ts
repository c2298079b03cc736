// What the address of the launch page says, and how the page changes it.
import { getRouteApi } from "@tanstack/react-router";
import type { LaunchSearch } from "./launch-search";

const route = getRouteApi("/pipelines/$name/launch");

/** Names with undefined leave the address. */
export type ChangeLaunchSearch = (
  changed: {
    [Name in keyof LaunchSearch]?: LaunchSearch[Name] | undefined;
  },
) => void;

export function useLaunchSearch(): [LaunchSearch, ChangeLaunchSearch] {
  const navigate = route.useNavigate();
  const change: ChangeLaunchSearch = (changed) =>
    void navigate({
      search: (old) => ({ ...old, ...changed }) as LaunchSearch,
      replace: true,
      resetScroll: false,
    });
  return [route.useSearch(), change];
}
