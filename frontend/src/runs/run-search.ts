// What the address of a run's page says (pure).
import { defined, oneOf, textOf } from "../shared/search";

export const STRATEGIES = [
  "ALL_STEPS",
  "SELECTED_STEPS",
  "FROM_SELECTED",
  "FROM_FAILURE",
  "FROM_CHANGED",
] as const;
export const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"] as const;

export interface RunSearch {
  /** The text of the selection box. */
  selection?: string;
  /** The step whose panel is open. */
  step?: string;
  /** Which of its attempts is shown: the last one, unless another is asked for. */
  attempt?: number;
  /** The strategy whose plan is being looked at. */
  plan?: (typeof STRATEGIES)[number];
  /** What the run was launched with, in a dialog. */
  launched?: "config" | "plan";
  /** The least level of the events shown. */
  level?: (typeof LEVELS)[number];
  /** Part of the message of the events shown. */
  text?: string;
  /** Only events of the selected steps. */
  events?: "selected";
}

export function parseRunSearch(search: Record<string, unknown>): RunSearch {
  return defined<RunSearch>({
    selection: textOf(search.selection),
    step: textOf(search.step),
    attempt: countOf(search.attempt),
    plan: oneOf(STRATEGIES, search.plan),
    launched: oneOf(["config", "plan"], search.launched),
    level: oneOf(LEVELS, search.level),
    text: textOf(search.text),
    events: oneOf(["selected"], search.events),
  });
}

function countOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 ? value : undefined;
}
