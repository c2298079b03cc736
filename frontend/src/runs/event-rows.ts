// Which events of a run are shown (pure).
import type { LEVELS } from "./run-search";
import type { RunEvent } from "./use-run-events";

export interface EventsFilter {
  /** The least level; none lets through every one. */
  level: (typeof LEVELS)[number] | undefined;
  /** Part of the message or of the step's key, in whatever case. */
  text: string;
  /** Null lets through every step, and what concerns none. */
  stepKeys: ReadonlySet<string> | null;
}

const LEVEL_ORDER: readonly RunEvent["level"][] = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

export function eventRows(events: readonly RunEvent[], filter: EventsFilter): readonly RunEvent[] {
  const least = filter.level === undefined ? 0 : LEVEL_ORDER.indexOf(filter.level);
  const text = filter.text.trim().toLowerCase();
  if (least === 0 && text === "" && filter.stepKeys === null) return events;
  return events.filter(
    (event) =>
      LEVEL_ORDER.indexOf(event.level) >= least &&
      (filter.stepKeys === null || (event.stepKey !== null && filter.stepKeys.has(event.stepKey))) &&
      (text === "" ||
        event.message.toLowerCase().includes(text) ||
        (event.stepKey?.toLowerCase().includes(text) ?? false)),
  );
}

/** "STEP_OUTPUT_STORED" reads "step output stored". */
export function kindText(kind: string): string {
  return kind.toLowerCase().replaceAll("_", " ");
}
