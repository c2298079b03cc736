// Tags as text, one "key=value" a line (pure).
export interface TagPair {
  key: string;
  value: string;
}

export type TagsReading = { kind: "tags"; tags: TagPair[] } | { kind: "error"; message: string };

export function readTags(text: string): TagsReading {
  const tags = new Map<string, string>();
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const equals = line.indexOf("=");
    const key = line.slice(0, Math.max(0, equals)).trim();
    const where = `Line ${index + 1}`;
    if (key === "") return { kind: "error", message: `${where}: write key=value.` };
    if (tags.has(key)) return { kind: "error", message: `${where}: ${key} is there twice.` };
    tags.set(key, line.slice(equals + 1).trim());
  }
  return { kind: "tags", tags: [...tags].map(([key, value]) => ({ key, value })) };
}

export function writeTags(tags: readonly TagPair[]): string {
  return tags.map(({ key, value }) => `${key}=${value}`).join("\n");
}
