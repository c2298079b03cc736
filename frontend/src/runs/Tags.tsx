// Tags, each a name with a value.
interface Tag {
  key: string;
  value: string;
}

export function Tags({ tags }: { tags: readonly Tag[] }) {
  if (tags.length === 0) return null;
  return (
    <ul aria-label="Tags" className="flex flex-wrap gap-1.5">
      {tags.map((tag) => (
        <li key={tag.key} className="rounded-sm bg-quiet-soft px-1.5 text-xs leading-5 text-quiet-ink">
          {tag.key}: <span className="font-medium">{tag.value}</span>
        </li>
      ))}
    </ul>
  );
}
