// Tags that Dalsegno itself gives to one run (pure).

interface Tag {
  key: string;
  value: string;
}

/** Its value is the bulk that launched the run. */
const BULK_TAG = "dalsegno/bulk";
const OF_ONE_RUN: ReadonlySet<string> = new Set(["dalsegno/retry_number", BULK_TAG]);

/** Without those: what they tell is shown in words, and another run may not have them. */
export function usersTags<T extends Tag>(tags: readonly T[]): T[] {
  return tags.filter(({ key }) => !OF_ONE_RUN.has(key));
}

/** The bulk that launched the run; null where none did. */
export function bulkOf(tags: readonly Tag[]): string | null {
  return tags.find(({ key }) => key === BULK_TAG)?.value ?? null;
}
