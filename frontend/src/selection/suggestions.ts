// What may stand at the caret of a selection's text (pure).
import type { Span } from "./clauses";
import { writtenKey, writtenValue } from "./selection-text";
import { type Token, tokensOf } from "./tokens";
import type { Vocabulary } from "./vocabulary";

export interface Suggestion {
  text: string;
  /** What an operator or a word does; nothing for a plain step. */
  meaning?: string;
}

/** What may be put in place of a part of the text. */
export interface Suggestions extends Span {
  options: readonly Suggestion[];
}

const MOST = 8;

const LABELS: Readonly<Record<string, string>> = {
  "status:": "by effective state",
  "is:": "changed or stale",
  "tag:": "by tag",
  "in:": "by enclosing pipeline",
  "name:": "by pattern, with * and ?",
};
const WORDS: readonly Suggestion[] = [
  { text: "not ", meaning: "every other step" },
  { text: "roots(", meaning: "those that no other leads to" },
  { text: "sinks(", meaning: "those that lead to no other" },
];
const CONNECTIVES: readonly Suggestion[] = [
  { text: "and ", meaning: "what both sides pick" },
  { text: "and not ", meaning: "without what follows" },
  { text: "or ", meaning: "what any side picks" },
];

export function suggestionsAt(text: string, caret: number, words: Vocabulary): Suggestions {
  const tokens = tokensOf(text);
  const at = tokens.findIndex((one) => holdsCaret(one, caret));
  const token = tokens[at];
  const before = at < 0 ? tokens.findLast((one) => one.end <= caret) : tokens[at - 1];
  if (token?.kind === "label" || (!token && before?.kind === "label" && before.end === caret)) {
    return valuesAt(caret, "", token ?? before, words);
  }
  if (!token)
    return {
      start: caret,
      end: caret,
      options: isInSign(tokens, caret) ? [] : anyClause(text, before, words),
    };
  if (token.kind === "value") return valuesAt(token.start, token.text, before, words, token.end);
  const isAlone = ![before, tokens[at + 1]].some((one) => one && isAttached(one));
  return { start: token.start, end: token.end, options: clauses(token, isAlone, before, words) };
}

/** Where one word ends and a sign begins, the word is meant. */
function holdsCaret({ kind, start, end }: Token, caret: number): boolean {
  const isWord = kind === "name" || kind === "value" || kind === "keyword";
  return (isWord && start <= caret && caret <= end) || (kind === "label" && start < caret && caret < end);
}

/** Right behind an operator a name may begin only where no clause ends with it: nothing is offered. */
function isInSign(tokens: readonly Token[], caret: number): boolean {
  return tokens.some((one) => isAttached(one) && one.start <= caret && caret <= one.end);
}

function isAttached({ kind }: Token): boolean {
  return kind === "operator" || kind === "label";
}

function anyClause(text: string, before: Token | undefined, words: Vocabulary): Suggestion[] {
  const steps = plain(words.stepKeys);
  if (text.trim() === "") {
    const few = steps.slice(0, MOST - 1);
    return [{ text: "*", meaning: "every step" }, ...few, ...labels(words), ...WORDS];
  }
  return afterClause(text, before)
    ? [...CONNECTIVES, ...steps.slice(0, MOST)]
    : [...steps.slice(0, MOST), ...WORDS];
}

/** A clause has ended, so that one more, or a word between two, may follow. */
function afterClause(text: string, before: Token | undefined): boolean {
  const last = tokensOf(text.slice(0, before?.end ?? 0)).findLast(({ kind }) => kind !== "blank");
  return last !== undefined && (["name", "value", "operator"].includes(last.kind) || last.text === ")");
}

function valuesAt(
  start: number,
  part: string,
  label: Token | undefined,
  words: Vocabulary,
  end = start,
): Suggestions {
  const values = words.values[label?.text ?? ""] ?? [];
  const wanted = part.replaceAll('"', "").toLowerCase();
  const fitting = values.filter((value) => value.toLowerCase().includes(wanted));
  const isDone = fitting.length === 1 && fitting[0]?.toLowerCase() === wanted;
  const options = isDone ? [] : fitting.slice(0, MOST).map((value) => ({ text: writtenValue(value) }));
  return { start, end, options };
}

/** What begins as the token does: a whole step with operators, words of the language, step keys. */
function clauses(token: Token, isAlone: boolean, before: Token | undefined, words: Vocabulary): Suggestion[] {
  const part = token.text.replaceAll('"', "");
  const keys = matchingKeys(part, words.stepKeys);
  if (isAlone && words.stepKeys.includes(part)) {
    const others = keys.filter((key) => key !== part);
    return [...operatorForms(token.text), ...plain(others)].slice(0, MOST);
  }
  const isDone = keys.length === 1 && keys[0] === part;
  const own = isDone ? [] : plain(keys);
  if (!isAlone || token.text.startsWith('"')) return own;
  const known = [...labels(words), ...WORDS, ...(before ? CONNECTIVES : [])];
  const begun = known.filter(({ text }) => text.startsWith(part) && text.trim() !== part);
  return [...begun, ...own].slice(0, MOST);
}

function labels(words: Vocabulary): Suggestion[] {
  return Object.entries(words.values)
    .filter(([label, values]) => values.length > 0 || label === "name:")
    .map(([label]) => ({ text: label, meaning: LABELS[label] ?? "" }));
}

/** Those that begin so, then those that hold it; upper and lower case are one. */
function matchingKeys(part: string, stepKeys: readonly string[]): string[] {
  const wanted = part.toLowerCase();
  const at = (key: string) => key.toLowerCase().indexOf(wanted);
  const beginning = stepKeys.filter((key) => at(key) === 0);
  return [...beginning, ...stepKeys.filter((key) => at(key) > 0)].slice(0, MOST);
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
