// Which events are shown: by level, by text, by the selected steps; all of it in the address.
import clsx from "clsx";
import { useDraft } from "../selection/use-draft";
import { Button } from "../shared/Button";
import { FIELD } from "../shared/field";
import { oneOf } from "../shared/search";
import { LEVELS } from "./run-search";
import { useRunSearch } from "./use-run-search";

const LEVEL_TEXTS: Record<(typeof LEVELS)[number], string> = {
  DEBUG: "All levels",
  INFO: "Info and above",
  WARNING: "Warnings and above",
  ERROR: "Errors",
};

export function EventFilters({ hasSelection }: { hasSelection: boolean }) {
  const [search, change] = useRunSearch();
  const [text, changeText] = useDraft(search.text ?? "", (typed) =>
    change({ text: typed || undefined }, { isTyping: true }),
  );
  const isSelectedOnly = search.events === "selected";
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button
        size="sm"
        aria-pressed={isSelectedOnly}
        disabled={!hasSelection && !isSelectedOnly}
        title={hasSelection ? undefined : "Select steps first"}
        className="aria-pressed:border-accent aria-pressed:bg-accent-soft"
        onClick={() => change({ events: isSelectedOnly ? undefined : "selected" })}
      >
        Only the selected steps
      </Button>
      <select
        aria-label="Level of events"
        value={search.level ?? "DEBUG"}
        className={clsx(FIELD, "h-7 text-sm")}
        onChange={(event) => {
          const level = oneOf(LEVELS, event.target.value);
          change({ level: level === "DEBUG" ? undefined : level });
        }}
      >
        {LEVELS.map((level) => (
          <option key={level} value={level}>
            {LEVEL_TEXTS[level]}
          </option>
        ))}
      </select>
      <input
        type="search"
        aria-label="Text of events"
        placeholder="Find in messages"
        value={text}
        className={clsx(FIELD, "h-7 w-44 text-sm")}
        onChange={(event) => changeText(event.target.value)}
      />
    </div>
  );
}
