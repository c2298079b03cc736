// What is wrong with the code that workers load, each problem once (pure).
import type { Worker } from "../shared/use-workers";

export interface CodeProblem {
  error: NonNullable<Worker["loadError"]>;
  /** Who has it, of several workers; null where all have it. */
  where: string | null;
}

/** Workers that serve the same file have the same problem. */
export function codeProblems(workers: readonly Worker[]): CodeProblem[] {
  const byText = new Map<string, Worker[]>();
  for (const worker of workers) {
    if (worker.loadError === null) continue;
    const text = worker.loadError.traceback ?? worker.loadError.message;
    byText.set(text, [...(byText.get(text) ?? []), worker]);
  }
  return [...byText.values()].flatMap((having) => {
    const error = having[0]?.loadError;
    if (!error) return [];
    return { error, where: having.length === workers.length ? null : whereText(having, workers.length) };
  });
}

/** "worker 4711 on host-b", "3 of 5 workers" */
function whereText(having: readonly Worker[], count: number): string {
  const [only, ...more] = having;
  return only && more.length === 0
    ? `worker ${only.pid} on ${only.host}`
    : `${having.length} of ${count} workers`;
}
