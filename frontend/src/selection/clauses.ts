// The parts of a selection's text that stand together, for mending it; what they mean, the service says (pure).

/** Half-open, in UTF-16 units as JavaScript counts. */
export interface Span {
  start: number;
  end: number;
}

const CLAUSE = /(?:"[^"]*"?|[^\s,"])+/gu;

export function clausesOf(text: string): Span[] {
  return [...text.matchAll(CLAUSE)].map(({ index, 0: clause }) => ({
    start: index,
    end: index + clause.length,
  }));
}

/** Where so many code points, which is how the service counts, end in UTF-16 units. */
export function unitsOf(text: string, codePoints: number): number {
  let units = 0;
  for (let count = 0; count < codePoints && units < text.length; count += 1) {
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  }
  return units;
}
