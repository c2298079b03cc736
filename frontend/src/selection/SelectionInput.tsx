// The input of a selection: its refused part is underlined, suggestions open below it.
import clsx from "clsx";
import { type Ref, useId, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import type { Span } from "./clauses";
import { SuggestionList } from "./SuggestionList";
import { useSuggestions } from "./use-suggestions";

interface SelectionInputProps {
  ref: Ref<HTMLInputElement>;
  text: string;
  onChange: (text: string) => void;
  stepKeys: readonly string[];
  /** What is wrong in the text. */
  refused: Span | null;
  /** The element that says so, or how many steps are picked. */
  messageId: string;
  placeholder: string;
}

/** The same for the input and what lies over it, so that letters stand over letters. */
const TEXT = "border px-3 pr-9 font-mono text-sm";

export function SelectionInput({
  ref,
  text,
  onChange,
  stepKeys,
  refused,
  messageId,
  placeholder,
}: SelectionInputProps) {
  const input = useRef<HTMLInputElement>(null);
  useImperativeHandle<HTMLInputElement | null, HTMLInputElement | null>(ref, () => input.current);
  const [caret, setCaret] = useState(text.length);
  const [scrolled, setScrolled] = useState(0);
  const wantedCaret = useRef<number | null>(null);
  const listId = useId();
  const suggesting = useSuggestions(text, caret, stepKeys, (changed, caretAfter) => {
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
          "h-9 w-full rounded-md bg-surface text-ink placeholder:text-muted",
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
        onBlur={suggesting.close}
      />
      {refused && isWrong && <RefusedPart text={text} refused={refused} scrolled={scrolled} />}
      <SuggestionList id={listId} options={options} active={active} onTake={suggesting.take} />
    </div>
  );
}

/** Lies over the input letter by letter, all of it invisible but the line under what is wrong. */
function RefusedPart({ text, refused, scrolled }: { text: string; refused: Span; scrolled: number }) {
  const part = text.slice(refused.start, refused.end);
  return (
    <div
      aria-hidden
      className={clsx(
        TEXT,
        "pointer-events-none absolute inset-0 overflow-hidden border-transparent leading-9 text-transparent",
      )}
    >
      <div className="whitespace-pre" style={{ transform: `translateX(${-scrolled}px)` }}>
        {text.slice(0, refused.start)}
        <span className="underline decoration-failure-solid decoration-wavy decoration-[1.5px] underline-offset-4">
          {part}
        </span>
      </div>
    </div>
  );
}
