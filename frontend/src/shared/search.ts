// Reading what an address says after its "?": whatever stands there, a page gets what it knows.

/** The text of a parameter; numbers and truths that were parsed on the way become text again. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return undefined;
}

/** One of the values, or undefined. */
export function oneOf<Value extends string>(values: readonly Value[], value: unknown): Value | undefined {
  return values.find((one) => one === value);
}

/** Without what is undefined, so that addresses stay short. */
export function defined<Search extends object>(
  search: { [Name in keyof Search]: Search[Name] | undefined },
): Search {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as Search;
}
