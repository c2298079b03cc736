// The parts of a selection's text, for completing and mending it; what they mean, the service says (pure).

/** Half-open, in UTF-16 units as JavaScript counts. */
export interface Span {
  start: number;
  end: number;
}

/** A clause in its three parts; `name` keeps its quotes. Parts that fit nowhere stay in `downstream`. */
export interface Clause extends Span {
  upstream: string;
  name: string;
  downstream: string;
}

const CLAUSE = /(?:"[^"]*"?|[^\s,"])+/gu;
const PARTS = /^([0-9]+\+|[+*]*)("[^"]*"?|[^+*():"]*)(.*)$/su;

export function clausesOf(text: string): Clause[] {
  return [...text.matchAll(CLAUSE)].map((match) => {
    const [, upstream = "", name = "", downstream = ""] = PARTS.exec(match[0]) ?? [];
    return { start: match.index, end: match.index + match[0].length, upstream, name, downstream };
  });
}

/** Where so many code points, which is how the service counts, end in UTF-16 units. */
export function unitsOf(text: string, codePoints: number): number {
  let units = 0;
  for (let count = 0; count < codePoints && units < text.length; count += 1) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return units;
}
