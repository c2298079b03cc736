// What the address of a comparison says besides its two runs (pure).
import { defined, oneOf, textOf } from "../shared/search";

export interface CompareSearch {
  /** Only steps that differ, unless all are asked for. */
  show?: "differences";
  /** Part of the names of the steps shown. */
  step?: string;
}

export function parseCompareSearch(search: Record<string, unknown>): CompareSearch {
  return defined<CompareSearch>({
    show: oneOf(["differences"], search.show),
    step: textOf(search.step),
  });
}
