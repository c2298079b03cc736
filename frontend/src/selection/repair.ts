// Mends a refused selection by what the service suggests instead (pure).
import { clausesOf, type Span, unitsOf } from "./clauses";

export interface Refusal {
  message: string;
  /** The part that is wrong, in code points, end exclusive. */
  start: number;
  end: number;
  suggestions: readonly string[];
}

/** The refused part in UTF-16 units. */
export function refusedSpan(text: string, refusal: Refusal): Span {
  return { start: unitsOf(text, refusal.start), end: unitsOf(text, refusal.end) };
}

/** The message without the suggestions at its end, which are shown as buttons. */
export function problemOf({ message, suggestions }: Refusal): string {
  const hint = suggestions.length > 0 ? message.lastIndexOf(" Did you mean ") : -1;
  return hint < 0 ? message : message.slice(0, hint);
}

/** The text with the suggestion in place of what it stands for. */
export function repaired(text: string, refusal: Refusal, suggestion: string): string {
  const { start, end } = replacedSpan(text, refusedSpan(text, refusal), suggestion);
  return text.slice(0, start) + suggestion + text.slice(end);
}

/**
 * A close name stands for the part alone. A form with other blanks stands for all that it is made of:
 * `train+` for "train +", `train+ stats` for "train+stats". Any other form of an operator stands for its clause.
 */
function replacedSpan(text: string, part: Span, suggestion: string): Span {
  const joined = spansAround(text, part, 2 * suggestion.length).find(
    (span) => withoutBlanks(text.slice(span.start, span.end)) === withoutBlanks(suggestion),
  );
  if (joined) return joined;
  const clause = clausesOf(text).find((one) => one.start <= part.start && part.end <= one.end);
  return clause && /^[+*]+$/.test(text.slice(part.start, part.end)) ? clause : part;
}

/** Every part of the text that holds that part, neither begins nor ends with a blank, and is not much longer. */
function spansAround(text: string, part: Span, more: number): Span[] {
  const isBlank = (at: number) => /\s/.test(text.charAt(at));
  const least = Math.max(0, part.start - more);
  const starts = Array.from({ length: part.start - least + 1 }, (_, at) => least + at).filter(
    (at) => !isBlank(at),
  );
  const most = Math.min(text.length, part.end + more);
  const ends = Array.from({ length: most - part.end + 1 }, (_, at) => part.end + at);
  return starts.flatMap((start) =>
    ends.filter((end) => end > start && !isBlank(end - 1)).map((end) => ({ start, end })),
  );
}

function withoutBlanks(text: string): string {
  return text.replaceAll(/\s/g, "");
}
