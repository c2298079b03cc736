// What the address of a run's page says (pure).
import { defined, oneOf, textOf } from "../shared/search";

export const STRATEGIES = ["ALL_STEPS", "SELECTED_STEPS", "FROM_SELECTED", "FROM_FAILURE"] as const;
export const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"] as const;

export interface RunSearch {
  /** The text of the selection box. */
  selection?: string;
  /** The step whose panel is open. */
  step?: string;
  /** The strategy whose plan is being looked at. */
  plan?: (typeof STRATEGIES)[number];
  /** The least level of the events shown. */
  level?: (typeof LEVELS)[number];
  /** Part of the message of the events shown. */
  text?: string;
}

export function parseRunSearch(search: Record<string, unknown>): RunSearch {
  return defined<RunSearch>({
    selection: textOf(search.selection),
    step: textOf(search.step),
    plan: oneOf(STRATEGIES, search.plan),
    level: oneOf(LEVELS, search.level),
    text: textOf(search.text),
  });
}
