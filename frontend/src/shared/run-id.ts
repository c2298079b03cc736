// A run's id as people read it.

/** The part of a run's id that tells it from others at a glance; a UUIDv7 begins with its time. */
export function shortRunId(runId: string): string {
  return runId.slice(0, 13);
}
