// Moments and durations as elements.
import { formatAgo, formatDuration, formatMoment, type Milliseconds, parseInstant } from "./time";
import { useClock } from "./use-clock";

/** A duration; one that has not ended ticks. */
export function Elapsed({ startedAt, endedAt }: { startedAt: string | null; endedAt: string | null }) {
  const now = useClock(startedAt !== null && endedAt === null);
  if (startedAt === null) return <span className="text-muted">not started</span>;
  const end = endedAt === null ? now : parseInstant(endedAt);
  return <Duration of={Math.max(0, end - parseInstant(startedAt))} />;
}

export function Duration({ of }: { of: Milliseconds }) {
  return (
    <span data-numeric className="whitespace-nowrap">
      {formatDuration(of)}
    </span>
  );
}

/** A moment: exact on hover. */
export function Moment({ at, ago = false }: { at: string; ago?: boolean }) {
  const moment = new Date(at);
  const now = new Date(useClock(false));
  return (
    <time dateTime={at} title={moment.toLocaleString()} className="whitespace-nowrap">
      {ago ? formatAgo(moment, now) : formatMoment(moment, now)}
    </time>
  );
}
