// With which runs of its group a run may be compared: its parent first, then the newest (pure).
interface Compared {
  id: string;
  parentRunId: string | null;
}

export interface Comparable<Run> {
  run: Run;
  isParent: boolean;
  /** The older of the two is the base. */
  params: { base: string; other: string };
}

/** `runs` are oldest first. */
export function comparableRuns<Run extends Compared>(runs: readonly Run[], runId: string): Comparable<Run>[] {
  const at = runs.findIndex((run) => run.id === runId);
  const parentRunId = runs[at]?.parentRunId ?? null;
  const others = runs
    .map((run, index) => ({
      run,
      isParent: run.id === parentRunId,
      params: index < at ? { base: run.id, other: runId } : { base: runId, other: run.id },
    }))
    .filter(({ run }) => run.id !== runId)
    .toReversed();
  return [...others.filter((one) => one.isParent), ...others.filter((one) => !one.isParent)];
}
