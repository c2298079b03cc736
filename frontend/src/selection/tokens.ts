// The words and signs of a selection's text, for colouring and completing it; what they mean, the service says (pure).
import type { Span } from "./clauses";

/** "label" is what stands before a colon, with it: `status:`. "value" is what follows it. */
export type TokenKind =
  | "blank"
  | "comma"
  | "operator"
  | "parenthesis"
  | "keyword"
  | "label"
  | "value"
  | "name";

export interface Token extends Span {
  kind: TokenKind;
  text: string;
}

const TOKEN =
  /(?<blank>\s+)|(?<comma>,)|(?<pattern>(?<=name:)[^\s,+():"]+)|(?<operator>[+*]+)|(?<parenthesis>[()])|(?<label>[^\s,+*():"]+:)|(?<quoted>"[^"]*"?)|(?<word>:|[^\s,+*():"]+)/gu;
const KEYWORDS: ReadonlySet<string> = new Set(["and", "or", "not"]);
const FUNCTIONS: ReadonlySet<string> = new Set(["roots", "sinks"]);

/** All of the text, token after token. */
export function tokensOf(text: string): Token[] {
  const found: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const before = found.at(-1)?.kind;
    const kind = kindOf(match, before === "label", text[match.index + match[0].length] === "(");
    found.push({ kind, text: match[0], start: match.index, end: match.index + match[0].length });
  }
  return found;
}

function kindOf(match: RegExpExecArray, followsLabel: boolean, isCalled: boolean): TokenKind {
  const { pattern, quoted, word, ...signs } = match.groups ?? {};
  const sign = Object.entries(signs).find(([, found]) => found !== undefined)?.[0];
  if (sign !== undefined) return sign as TokenKind;
  if (pattern !== undefined || followsLabel) return "value";
  if (quoted === undefined && word !== undefined) {
    if (KEYWORDS.has(word) || (isCalled && FUNCTIONS.has(word))) return "keyword";
  }
  return "name";
}
