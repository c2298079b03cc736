// Lies over the input letter by letter: its text in colours, a line under what is wrong.
import clsx from "clsx";
import type { Span } from "./clauses";
import { type TokenKind, tokensOf } from "./tokens";

interface SelectionTextProps {
  text: string;
  /** What is wrong in it. */
  refused: Span | null;
  /** How far the input is scrolled, in CSS pixels. */
  scrolled: number;
  className: string;
}

const COLOURS: Partial<Record<TokenKind, string>> = {
  operator: "text-accent",
  keyword: "text-accent",
  label: "text-reused-ink",
  comma: "text-muted",
  parenthesis: "text-muted",
};

export function SelectionText({ text, refused, scrolled, className }: SelectionTextProps) {
  return (
    <div aria-hidden className={className}>
      <div className="whitespace-pre" style={{ transform: `translateX(${-scrolled}px)` }}>
        {piecesOf(text, refused).map(({ start, kind, part, isWrong }) => (
          <span
            key={start}
            className={clsx(
              COLOURS[kind],
              isWrong &&
                "underline decoration-failure-solid decoration-wavy decoration-[1.5px] underline-offset-4",
            )}
          >
            {part}
          </span>
        ))}
      </div>
    </div>
  );
}

interface Piece {
  start: number;
  kind: TokenKind;
  part: string;
  isWrong: boolean;
}

/** The tokens, cut where what is wrong begins and ends. */
function piecesOf(text: string, refused: Span | null): Piece[] {
  const cuts = refused ? [refused.start, refused.end] : [];
  return tokensOf(text).flatMap(({ kind, start, end }) => {
    const bounds = [start, ...cuts.filter((cut) => start < cut && cut < end), end];
    return bounds.slice(1).map((to, index) => {
      const from = bounds[index] ?? start;
      const isWrong = refused !== null && refused.start <= from && to <= refused.end;
      return { start: from, kind, part: text.slice(from, to), isWrong };
    });
  });
}
