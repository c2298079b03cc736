// When a step is tried again, in words (pure).
import { formatDuration, type Milliseconds } from "./time";

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** "tries again in 12 s"; "tries again now" once the moment has come, and where none is told: it is at once. */
export function retryText(retryAt: Milliseconds | null, now: Milliseconds): string {
  const left = retryAt === null ? 0 : retryAt - now;
  if (left <= 0) return "tries again now";
  const seconds = Math.ceil(left / SECOND);
  return `tries again in ${left < MINUTE ? `${seconds} s` : formatDuration(seconds * SECOND)}`;
}

interface Tried {
  attempts: readonly { status: string; error?: { className: string } | null }[];
}

/**
 * "attempt 2 of 3". Lost attempts do not use the step's policy. Where the step itself has asked to be tried again, how
 * often it may is not known: "attempt 2".
 */
export function nextAttemptText({ attempts }: Tried, maxRetries: number): string {
  const next = `attempt ${attempts.length + 1}`;
  const failures = attempts.filter(({ status }) => status === "FAILURE").length;
  const asked = attempts.at(-1)?.error?.className.endsWith("RetryRequested") ?? false;
  if (asked || failures > maxRetries || maxRetries === 0) return next;
  const losses = attempts.filter(({ status }) => status === "LOST").length;
  return `${next} of ${maxRetries + 1 + losses}`;
}
