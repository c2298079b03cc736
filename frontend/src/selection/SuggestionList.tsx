// The suggestions under the selection box.
import clsx from "clsx";
import type { Suggestion } from "./suggestions";

interface SuggestionListProps {
  id: string;
  options: readonly Suggestion[];
  /** Index of the one that Enter takes; -1 is none. */
  active: number;
  onTake: (option: Suggestion) => void;
}

export function SuggestionList({ id, options, active, onTake }: SuggestionListProps) {
  return (
    <>
      <span role="status" className="sr-only">
        {options.length > 0 && `${options.length} suggestions, arrow down to choose`}
      </span>
      {options.length > 0 && (
        <div
          id={id}
          role="listbox"
          aria-label="Suggestions"
          tabIndex={-1}
          className="panel absolute left-0 top-full z-30 mt-1 max-h-80 w-full min-w-0 max-w-md overflow-auto p-1 shadow-floating"
          // The input keeps the focus.
          onMouseDown={(event) => event.preventDefault()}
        >
          {options.map((option, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the input answers the keys for the whole list
            <div
              key={option.text}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === active}
              className={clsx(
                "flex cursor-pointer items-baseline gap-3 rounded-md px-2 py-1 hover:bg-hover",
                index === active && "bg-accent-soft",
              )}
              onClick={() => onTake(option)}
            >
              <span className="truncate font-mono text-sm">{option.text}</span>
              {option.meaning && (
                <span className="ml-auto whitespace-nowrap text-xs text-muted">{option.meaning}</span>
              )}
            </div>
          ))}
        </div>
      )}
    </>
  );
}
