// Edits of a selection's text: step keys as the grammar wants them written (pure).

/** What step keys are made of. Quotes never harm, so anything else gets them; no key holds a quote itself. */
const WORD = /^[\p{L}\p{M}\p{N}_-]+$/u;
const RESERVED: ReadonlySet<string> = new Set(["and", "or", "not"]);

/** How a step's key is written: in quotes where it would not be read as a name. */
export function writtenKey(key: string): string {
  return WORD.test(key) && !RESERVED.has(key) ? key : `"${key}"`;
}

/** That step alone. */
export function onlyStep(key: string): string {
  return writtenKey(key);
}

/** The picked steps with that one added or, if it is among them, taken out; empty when none is left. */
export function toggledStep(selectedKeys: readonly string[], key: string): string {
  const keys = selectedKeys.includes(key)
    ? selectedKeys.filter((selected) => selected !== key)
    : [...selectedKeys, key];
  return keys.map(writtenKey).join(", ");
}

/** That step and everything downstream of it. */
export function stepWithDownstream(key: string): string {
  return `${writtenKey(key)}*`;
}
