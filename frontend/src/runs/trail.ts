// The runs of a group as a short row of marks (pure).
export interface Trail<Run> {
  /** The first run, where runs after it are hidden. */
  first: Run | null;
  hidden: number;
  /** The newest runs, oldest first. */
  last: readonly Run[];
}

/** Of a long line the first run and the newest are shown: `most` marks, the one for those hidden among them. */
export function trailOf<Run>(runs: readonly Run[], most = 8): Trail<Run> {
  if (runs.length <= most) return { first: null, hidden: 0, last: runs };
  const last = runs.slice(2 - most);
  return { first: runs[0] ?? null, hidden: runs.length - 1 - last.length, last };
}
