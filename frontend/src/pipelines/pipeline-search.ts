// What the address of a pipeline's page says (pure).
import { defined, textOf } from "../shared/search";

/** How many of the newest runs the grid may show. */
export const RUN_COUNTS = [12, 25, 50] as const;
export type RunCount = (typeof RUN_COUNTS)[number];

export interface PipelineSearch {
  /** The step whose panel is open. */
  step?: string;
  /** How many runs the grid shows: 12, unless it is another. */
  runs?: RunCount;
  /** The mapped steps whose elements the grid shows, with commas between. */
  unfolded?: string;
}

export function parsePipelineSearch(search: Record<string, unknown>): PipelineSearch {
  return defined<PipelineSearch>({
    step: textOf(search.step),
    runs: RUN_COUNTS.find((count) => count === search.runs),
    unfolded: textOf(search.unfolded),
  });
}
