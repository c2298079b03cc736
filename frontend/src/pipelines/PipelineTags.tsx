// The tags of a pipeline, or of one of its steps.
interface PipelineTagsProps {
  tags: readonly { key: string; value: string }[];
}

export function PipelineTags({ tags }: PipelineTagsProps) {
  return tags.map(({ key, value }) => (
    <span key={key} className="rounded-sm bg-quiet-soft px-1.5 py-0.5 text-xs text-quiet-ink">
      {key}: <span className="font-medium">{value}</span>
    </span>
  ));
}
