// The words that a selection may be made of besides step keys (pure).

export interface SelectableStep {
  key: string;
  tags: readonly { key: string; value: string }[];
}

export interface Vocabulary {
  /** In topological order. */
  stepKeys: readonly string[];
  /** What may follow each label, such as `status:`. */
  values: Readonly<Record<string, readonly string[]>>;
}

/** As the service knows them; it takes `failure` for `failed` as well. */
const STATUSES = ["failed", "blocked", "pending", "canceled", "skipped", "success", "running", "retrying"];

/** `hasParent`: there is a lineage to ask for states; a first run has none. */
export function vocabularyOf(
  stepKeys: readonly string[],
  definitions: readonly SelectableStep[],
  hasParent: boolean,
): Vocabulary {
  const states = hasParent ? { "status:": STATUSES, "is:": ["changed", "stale"] } : {};
  return {
    stepKeys,
    values: { ...states, "tag:": tagsOf(definitions), "in:": enclosing(stepKeys), "name:": [] },
  };
}

/** Each tag by its name and value, and where there are several values, by its name alone. */
function tagsOf(definitions: readonly SelectableStep[]): string[] {
  const tags = new Map<string, Set<string>>();
  for (const { key, value } of definitions.flatMap((step) => step.tags)) {
    tags.set(key, (tags.get(key) ?? new Set()).add(value));
  }
  return [...tags].flatMap(([key, values]) => [
    ...(values.size > 1 ? [key] : []),
    ...[...values].map((value) => `${key}=${value}`),
  ]);
}

/** Of `checks.inner.schema`: `checks`, `checks.inner`. */
function enclosing(stepKeys: readonly string[]): string[] {
  const found = new Set<string>();
  for (const key of stepKeys) {
    for (let at = key.indexOf("."); at > 0; at = key.indexOf(".", at + 1)) found.add(key.slice(0, at));
  }
  return [...found];
}
