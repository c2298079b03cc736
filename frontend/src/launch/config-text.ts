// A run config as text: read as YAML (of which JSON is a part), and problems put where they stand in it (pure).
import { isMap, isNode, isPair, isSeq, LineCounter, type Node, type Pair, parseDocument } from "yaml";
import type { Json } from "../shared/graphql";

/** Something wrong from one offset to another. */
export interface TextProblem {
  from: number;
  to: number;
  /** From 1. */
  line: number;
  message: string;
}

export type ConfigReading = { kind: "config"; value: Json } | { kind: "error"; problems: TextProblem[] };

export function readConfig(text: string): ConfigReading {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems = document.errors.map(({ pos: [from, to], message }) => ({
    from: Math.min(from, text.length),
    to: Math.min(to, text.length),
    line: lineOf(lines, Math.min(from, text.length)),
    message,
  }));
  if (problems.length > 0) return { kind: "error", problems };
  try {
    // What says nothing is a config that sets nothing.
    return { kind: "config", value: (document.toJS() as Json | undefined) ?? {} };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { kind: "error", problems: [{ from: 0, to: text.length, line: 1, message }] };
  }
}

export interface ConfigProblem {
  /** JSON pointer. */
  path: string;
  message: string;
}

/** Each problem at what its pointer names; where that is missing, at the nearest thing above that is there. */
export function placeProblems(text: string, problems: readonly ConfigProblem[]): TextProblem[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  return problems.map(({ path, message }) => {
    const [from, to] = rangeOf(document.contents, pointerParts(path)) ?? [0, 0];
    return { from, to, line: lineOf(lines, from), message: path === "" ? message : `${path}: ${message}` };
  });
}

function lineOf(lines: LineCounter, offset: number): number {
  return Math.max(1, lines.linePos(offset).line);
}

/** "/steps/a~1b" names "steps", then "a/b". */
function pointerParts(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function rangeOf(root: Node | null, parts: readonly string[]): [number, number] | null {
  let range: [number, number] | null = null;
  let node: unknown = root;
  for (const part of parts) {
    if (isMap(node)) {
      const pair = node.items.find((one) => keyOf(one) === part);
      if (!pair) break;
      range = pairRange(pair) ?? range;
      node = pair.value;
    } else if (isSeq(node)) {
      const item: unknown = node.items[Number(part)];
      if (!isNode(item)) break;
      range = nodeRange(item) ?? range;
      node = item;
    } else break;
  }
  return range;
}

function keyOf(pair: Pair): string {
  return String(isNode(pair.key) ? pair.key.toJSON() : pair.key);
}

/** A name with its value, where that is no mapping or list of its own. */
function pairRange(pair: Pair): [number, number] | null {
  if (!isPair(pair) || !isNode(pair.key)) return null;
  const key = nodeRange(pair.key);
  const value = isNode(pair.value) && !isMap(pair.value) && !isSeq(pair.value) ? nodeRange(pair.value) : null;
  return key && [key[0], Math.max(key[1], value?.[1] ?? 0)];
}

function nodeRange(node: Node): [number, number] | null {
  return node.range ? [node.range[0], node.range[1]] : null;
}
