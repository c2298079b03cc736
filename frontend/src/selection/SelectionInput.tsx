// The input of a selection: its text in colours, its refused part underlined; suggestions open below it.
import clsx from "clsx";
import { type Ref, useId, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import type { Span } from "./clauses";
import { SelectionText } from "./SelectionText";
import { SuggestionList } from "./SuggestionList";
import { useSuggestions } from "./use-suggestions";
import type { Vocabulary } from "./vocabulary";

interface SelectionInputProps {
  ref: Ref<HTMLInputElement>;
  text: string;
  onChange: (text: string) => void;
  vocabulary: Vocabulary;
  /** What is wrong in the text. */
  refused: Span | null;
  /** The element that says so, or how many steps are picked. */
  messageId: string;
  placeholder: string;
  onFocus: (() => void) | undefined;
}

/** The same for the input and what lies over it, so that letters stand over letters. */
const TEXT = "border px-3 pr-9 font-mono text-sm";

export function SelectionInput({
  ref,
  text,
  onChange,
  vocabulary,
  refused,
  messageId,
  placeholder,
  onFocus,
}: SelectionInputProps) {
  const input = useRef<HTMLInputElement>(null);
  useImperativeHandle<HTMLInputElement | null, HTMLInputElement | null>(ref, () => input.current);
  const [caret, setCaret] = useState(text.length);
  const [scrolled, setScrolled] = useState(0);
  const wantedCaret = useRef<number | null>(null);
  const listId = useId();
  const suggesting = useSuggestions(text, caret, vocabulary, (changed, caretAfter) => {
    wantedCaret.current = caretAfter;
    setCaret(caretAfter);
    onChange(changed);
  });
  const { options, active } = suggesting;
  // Half a name is nothing wrong yet.
  const isWrong = refused !== null && options.length === 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the caret is put there once the text has arrived
  useLayoutEffect(() => {
    if (wantedCaret.current === null) return;
    input.current?.setSelectionRange(wantedCaret.current, wantedCaret.current);
    wantedCaret.current = null;
  }, [text]);

  return (
    <div className="relative min-w-0 flex-1">
      <input
        ref={input}
        type="text"
        aria-label="Step selection"
        aria-autocomplete="list"
        aria-controls={options.length > 0 ? listId : undefined}
        aria-activedescendant={active >= 0 ? `${listId}-${active}` : undefined}
        aria-invalid={isWrong}
        aria-describedby={messageId}
        autoComplete="off"
        autoCapitalize="off"
        autoCorrect="off"
        spellCheck={false}
        value={text}
        placeholder={placeholder}
        className={clsx(
          TEXT,
          "h-9 w-full rounded-md bg-surface text-transparent caret-ink placeholder:text-muted",
          isWrong ? "border-failure-solid" : "border-line-strong/60",
        )}
        onChange={(event) => {
          setCaret(event.target.selectionStart ?? event.target.value.length);
          suggesting.open();
          onChange(event.target.value);
        }}
        onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
        onScroll={(event) => setScrolled(event.currentTarget.scrollLeft)}
        onClick={() => text === "" && suggesting.open()}
        onKeyDown={suggesting.onKeyDown}
        onFocus={onFocus}
        onBlur={suggesting.close}
      />
      <SelectionText
        text={text}
        refused={isWrong ? refused : null}
        scrolled={scrolled}
        className={clsx(
          TEXT,
          "pointer-events-none absolute inset-0 overflow-hidden border-transparent leading-[2.125rem] text-ink forced-colors:hidden",
        )}
      />
      <SuggestionList id={listId} options={options} active={active} onTake={suggesting.take} />
    </div>
  );
}
