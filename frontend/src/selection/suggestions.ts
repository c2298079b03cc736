// What may stand at the caret of a selection's text (pure).
import { type Clause, clausesOf, type Span } from "./clauses";
import { writtenKey } from "./selection-text";

export interface Suggestion {
  text: string;
  /** What an operator adds; nothing for a plain step. */
  meaning?: string;
}

/** What may be put in place of a part of the text. */
export interface Suggestions extends Span {
  options: readonly Suggestion[];
}

const MOST = 8;

export function suggestionsAt(text: string, caret: number, stepKeys: readonly string[]): Suggestions {
  const clause = clausesOf(text).find((one) => one.start <= caret && caret <= one.end);
  if (!clause) return { start: caret, end: caret, options: anyStep(text, stepKeys) };

  const start = clause.start + clause.upstream.length;
  const end = start + clause.name.length;
  if (caret < start || caret > end) return { start, end, options: [] };
  const keys = matchingKeys(keyOf(clause), stepKeys);
  if (isWholeStep(clause, stepKeys)) {
    const others = keys.filter((key) => key !== keyOf(clause));
    return { start, end, options: [...operatorForms(clause.name), ...plain(others)].slice(0, MOST) };
  }
  const isDone = keys[0] === keyOf(clause) && keys.length === 1;
  return { start, end, options: isDone ? [] : plain(keys) };
}

function anyStep(text: string, stepKeys: readonly string[]): Suggestion[] {
  const every = text.trim() === "" ? [{ text: "*", meaning: "every step" }] : [];
  return [...every, ...plain(stepKeys)].slice(0, MOST);
}

/** Those that begin so, then those that hold it; upper and lower case are one. */
function matchingKeys(part: string, stepKeys: readonly string[]): string[] {
  const wanted = part.toLowerCase();
  const at = (key: string) => key.toLowerCase().indexOf(wanted);
  const beginning = stepKeys.filter((key) => at(key) === 0);
  return [...beginning, ...stepKeys.filter((key) => at(key) > 0)].slice(0, MOST);
}

function isWholeStep(clause: Clause, stepKeys: readonly string[]): boolean {
  return clause.upstream === "" && clause.downstream === "" && stepKeys.includes(keyOf(clause));
}

function keyOf(clause: Clause): string {
  return clause.name.replaceAll('"', "");
}

function operatorForms(name: string): Suggestion[] {
  return [
    { text: `${name}*`, meaning: "and everything downstream" },
    { text: `${name}+`, meaning: "and one level downstream" },
    { text: `*${name}`, meaning: "and everything upstream" },
    { text: `+${name}`, meaning: "and one level upstream" },
  ];
}

function plain(keys: readonly string[]): Suggestion[] {
  return keys.map((key) => ({ text: writtenKey(key) }));
}
