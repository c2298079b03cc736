// Edits of a selection's text: step keys as the grammar wants them written (pure).

/** What keys are made of, those of elements too. Quotes never harm, so anything else gets them; no key holds one. */
const WORD = /^[\p{L}\p{M}\p{N}_.-]+(\[[\p{L}\p{M}\p{N}_?-]+\])?$/u;
const VALUE = /^[^\s,+*():"]+$/u;
const RESERVED: ReadonlySet<string> = new Set(["and", "or", "not"]);

/** How a step's key is written: in quotes where it would not be read as a name. */
export function writtenKey(key: string): string {
  return WORD.test(key) && !RESERVED.has(key) ? key : `"${key}"`;
}

/** How what follows a label is written: `tag:owner="data team"`. */
export function writtenValue(value: string): string {
  if (VALUE.test(value)) return value;
  const [name = "", ...rest] = value.split("=");
  return VALUE.test(name) && rest.length > 0 ? `${name}="${rest.join("=")}"` : `"${value}"`;
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

/** The text with these steps added to what it picks. */
export function withSteps(text: string, added: readonly string[]): string {
  return [text.trim(), ...added.map(writtenKey)].filter(Boolean).join(", ");
}
