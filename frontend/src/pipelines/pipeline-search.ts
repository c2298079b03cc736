// What the address of a pipeline's page says (pure).
import { defined, textOf } from "../shared/search";

export interface PipelineSearch {
  /** The step whose panel is open. */
  step?: string;
}

export function parsePipelineSearch(search: Record<string, unknown>): PipelineSearch {
  return defined<PipelineSearch>({ step: textOf(search.step) });
}
