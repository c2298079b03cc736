// How a field that is typed in looks.
export const FIELD =
  "rounded-md border border-line-strong/60 bg-surface px-2.5 text-base text-ink placeholder:text-muted";
