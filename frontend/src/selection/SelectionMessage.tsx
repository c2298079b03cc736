// The line under the selection box: how many steps are picked, or what is wrong.
import { CircleAlert } from "lucide-react";
import { problemOf, type Refusal, repaired } from "./repair";
import type { SelectionAnswer } from "./use-selection";

interface SelectionMessageProps {
  id: string;
  /** The text that the answer is about. */
  text: string;
  answer: SelectionAnswer;
  /** The answer is about what stands in the box now. */
  isCurrent: boolean;
  stepCount: number;
  onRepair: (text: string) => void;
}

export function SelectionMessage({
  id,
  text,
  answer,
  isCurrent,
  stepCount,
  onRepair,
}: SelectionMessageProps) {
  return (
    <div id={id} role="status" className="mt-1 min-h-5 text-sm text-muted">
      {answer.kind === "error" ? (
        <Problem refusal={answer} onRepair={(one) => isCurrent && onRepair(repaired(text, answer, one))} />
      ) : answer.kind === "failed" ? (
        <span className="text-failure-ink">{answer.message}</span>
      ) : (
        <span data-numeric>{picked(answer, stepCount)}</span>
      )}
    </div>
  );
}

function picked(answer: SelectionAnswer, stepCount: number): string {
  const count = "stepKeys" in answer ? answer.stepKeys.length : 0;
  return `${count.toLocaleString("en")} of ${stepCount.toLocaleString("en")} ${stepCount === 1 ? "step" : "steps"}`;
}

function Problem({ refusal, onRepair }: { refusal: Refusal; onRepair: (suggestion: string) => void }) {
  return (
    <div className="flex gap-1.5 text-failure-ink">
      <CircleAlert aria-hidden size={14} className="mt-[3px] shrink-0" />
      <p className="min-w-0 break-words">
        {problemOf(refusal)}
        {refusal.suggestions.map((suggestion, index) => (
          <span key={suggestion}>
            {index === 0 ? " Did you mean " : " or "}
            <button
              type="button"
              className="rounded-sm font-mono font-semibold leading-4 underline underline-offset-2 hover:bg-failure-soft"
              onClick={() => onRepair(suggestion)}
            >
              {suggestion}
            </button>
          </span>
        ))}
        {refusal.suggestions.length > 0 && "?"}
      </p>
    </div>
  );
}
