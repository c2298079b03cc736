// The runs of a group as the rows of a tree, the first run on top (pure).
export interface TreeRun {
  id: string;
  parentRunId: string | null;
}

export interface TreeRow<Run> {
  run: Run;
  /** How many runs it descends from. */
  depth: number;
  /**
   * One for each step that the row stands in: whether the line there goes on below this row. A line of re-executions,
   * each of the one before, stays where it is; only where a run was re-executed several times, each of these begins
   * one further in. So long lines stay readable.
   */
  guides: readonly boolean[];
  /** How it hangs on the run that it re-executes: below it, or branching off. */
  hangs: "below" | "off" | null;
  hasReexecutions: boolean;
}

/** `runs` are oldest first, and so are the re-executions of one run. */
export function treeRows<Run extends TreeRun>(runs: readonly Run[]): TreeRow<Run>[] {
  const ids = new Set(runs.map((run) => run.id));
  const reexecutionsOf = new Map<string, Run[]>();
  const pending: Omit<TreeRow<Run>, "hasReexecutions">[] = [];
  for (const run of runs) {
    const parentRunId = run.parentRunId !== null && ids.has(run.parentRunId) ? run.parentRunId : null;
    if (parentRunId === null) pending.unshift({ run, depth: 0, guides: [], hangs: null });
    else reexecutionsOf.set(parentRunId, [...(reexecutionsOf.get(parentRunId) ?? []), run]);
  }
  const rows: TreeRow<Run>[] = [];
  for (let row = pending.pop(); row !== undefined; row = pending.pop()) {
    const { run, depth, guides } = row;
    const reexecutions = reexecutionsOf.get(run.id) ?? [];
    rows.push({ ...row, hasReexecutions: reexecutions.length > 0 });
    const isLine = reexecutions.length === 1;
    reexecutions.toReversed().forEach((child, fromLast) => {
      pending.push({
        run: child,
        depth: depth + 1,
        guides: isLine ? guides : [...guides, fromLast > 0],
        hangs: isLine ? "below" : "off",
      });
    });
  }
  return rows;
}
