// What the address of a pipeline's launch page says (pure).
import { defined, textOf } from "../shared/search";

export interface LaunchSearch {
  mode?: string;
  /** Run only these steps. */
  selection?: string;
  /** The run whose config and tags are taken to begin with. */
  like?: string;
}

export function parseLaunchSearch(search: Record<string, unknown>): LaunchSearch {
  return defined<LaunchSearch>({
    mode: textOf(search.mode),
    selection: textOf(search.selection),
    like: textOf(search.like),
  });
}
