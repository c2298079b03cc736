// Where steps are picked by text: suggestions while one types, the answer or what is wrong with it below.
import { X } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import { IconButton } from "../shared/Button";
import { refusedSpan } from "./repair";
import { SelectionInput } from "./SelectionInput";
import { SelectionMessage } from "./SelectionMessage";
import { useDraft } from "./use-draft";
import type { SelectionAnswer } from "./use-selection";
import type { Vocabulary } from "./vocabulary";

interface SelectionBoxProps {
  text: string;
  onChange: (text: string) => void;
  answer: SelectionAnswer;
  vocabulary: Vocabulary;
  /** What no text at all means, as it is told below the box. */
  whenEmpty: string;
  placeholder?: string;
  /** Somebody begins to write. */
  onFocus?: () => void;
}

export function SelectionBox({
  text,
  onChange,
  answer,
  vocabulary,
  whenEmpty,
  placeholder = "Steps, as in: train+*",
  onFocus,
}: SelectionBoxProps) {
  const [draft, changeDraft] = useDraft(text, onChange);
  const input = useRef<HTMLInputElement>(null);
  const messageId = useId();
  const isCurrent = draft === text;
  const refused = answer.kind === "error" && isCurrent ? refusedSpan(text, answer) : null;

  function changeAndFocus(changed: string): void {
    changeDraft(changed);
    input.current?.focus();
  }

  return (
    <div className="min-w-0">
      <div className="relative flex items-center">
        <SelectionInput
          ref={input}
          text={draft}
          onChange={changeDraft}
          vocabulary={vocabulary}
          refused={refused}
          messageId={messageId}
          placeholder={placeholder}
          onFocus={onFocus}
        />
        <IconButton
          label="Clear the selection"
          className={`absolute right-0.5 ${draft === "" ? "invisible" : ""}`}
          onClick={() => changeAndFocus("")}
        >
          <X aria-hidden size={16} />
        </IconButton>
      </div>
      <SelectionMessage
        id={messageId}
        text={text}
        answer={useLastAnswer(answer)}
        isCurrent={isCurrent && answer.kind !== "asking"}
        stepCount={vocabulary.stepKeys.length}
        whenEmpty={whenEmpty}
        onRepair={changeAndFocus}
      />
    </div>
  );
}

/** What was said last, until the next is known: nothing flickers while one types. */
function useLastAnswer(answer: SelectionAnswer): SelectionAnswer {
  const [last, setLast] = useState(answer);
  useEffect(() => {
    if (answer.kind !== "asking") setLast(answer);
  }, [answer]);
  return answer.kind === "asking" ? last : answer;
}
