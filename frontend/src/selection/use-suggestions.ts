// The list of suggestions under the box: when it is open, and which of them is next.
import { type KeyboardEvent, useState } from "react";
import { type Suggestion, suggestionsAt } from "./suggestions";
import type { Vocabulary } from "./vocabulary";

interface Suggesting {
  options: readonly Suggestion[];
  /** Index of the one that Enter takes; -1 is none. */
  active: number;
  open: () => void;
  close: () => void;
  /** Answers the keys that belong to the list. */
  onKeyDown: (event: KeyboardEvent) => void;
  take: (option: Suggestion) => void;
}

/** `onTake` is told the text with the suggestion in it, and where the caret belongs. */
export function useSuggestions(
  text: string,
  caret: number,
  vocabulary: Vocabulary,
  onTake: (text: string, caret: number) => void,
): Suggesting {
  const [isOpen, setIsOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const { start, end, options } = isOpen ? suggestionsAt(text, caret, vocabulary) : NONE;

  function open(): void {
    setIsOpen(true);
    setActive(-1);
  }

  function close(): void {
    setIsOpen(false);
    setActive(-1);
  }

  function take(option: Suggestion): void {
    onTake(text.slice(0, start) + option.text + text.slice(end), start + option.text.length);
    setActive(-1);
  }

  function move(by: 1 | -1): void {
    if (!isOpen) {
      open();
      return;
    }
    // Past either end none is active, as in the beginning.
    const count = options.length + 1;
    setActive(((active + 1 + by + count) % count) - 1);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const option = options[active];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Escape" && options.length > 0) close();
    else if ((event.key === "Enter" || event.key === "Tab") && option) take(option);
    else {
      if (event.key === "Enter") close();
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  return { options, active, open, close, onKeyDown, take };
}

const NONE = { start: 0, end: 0, options: [] };
