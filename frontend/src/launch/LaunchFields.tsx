// What goes with a launch besides what is executed: why, and tags.
import { ChevronRight } from "lucide-react";
import { type ReactNode, useId } from "react";
import { FIELD } from "../shared/field";
import type { TagsReading } from "./tags-text";

interface ReasonFieldProps {
  value: string;
  onChange: (value: string) => void;
}

export function ReasonField({ value, onChange }: ReasonFieldProps) {
  const id = useId();
  return (
    <div className="space-y-1">
      <label htmlFor={id} className="text-sm font-medium">
        Why? <span className="font-normal text-muted">(optional, kept with the run)</span>
      </label>
      <input
        id={id}
        type="text"
        value={value}
        autoComplete="off"
        onChange={(event) => onChange(event.target.value)}
        className={`${FIELD} h-9 w-full`}
      />
    </div>
  );
}

interface TagsFieldProps {
  text: string;
  reading: TagsReading;
  onChange: (text: string) => void;
  note?: string;
}

export function TagsField({ text, reading, onChange, note }: TagsFieldProps) {
  const id = useId();
  const problem = reading.kind === "error" ? reading.message : null;
  return (
    <div className="space-y-1">
      <label htmlFor={id} className="text-sm text-muted">
        Tags, one key=value a line. {note}
      </label>
      <textarea
        id={id}
        rows={Math.max(2, text.split("\n").length)}
        value={text}
        spellCheck={false}
        placeholder="team=ml"
        aria-invalid={problem !== null}
        aria-describedby={`${id}-problem`}
        onChange={(event) => onChange(event.target.value)}
        className={`${FIELD} block w-full py-1.5 font-mono text-sm`}
      />
      <p id={`${id}-problem`} role="status" className="text-sm text-failure-ink">
        {problem}
      </p>
    </div>
  );
}

interface FoldProps {
  title: string;
  isOpen: boolean;
  onToggle: (isOpen: boolean) => void;
  children: ReactNode;
}

/** Something that most people leave as it is. */
export function Fold({ title, isOpen, onToggle, children }: FoldProps) {
  const id = useId();
  return (
    <div>
      <button
        type="button"
        aria-expanded={isOpen}
        aria-controls={id}
        onClick={() => onToggle(!isOpen)}
        className="inline-flex items-center gap-1 rounded-md py-1 pr-2 text-sm font-medium hover:bg-hover"
      >
        <ChevronRight aria-hidden size={15} className={isOpen ? "rotate-90" : ""} />
        {title}
      </button>
      <div id={id} hidden={!isOpen} className="pt-1.5 pl-5">
        {isOpen && children}
      </div>
    </div>
  );
}
