// What is said of a row: the name of its button, the words at its bar, its tooltip (pure).

import { retryText } from "../shared/retry-words";
import { shortRunId } from "../shared/run-id";
import { STEP_STATUS } from "../shared/status";
import { formatDuration, type Milliseconds } from "../shared/time";
import { durationOf, type GanttRow, isOpen } from "./gantt-layout";

const MINUTE = 60_000;

/** "train, success, 5.3 s", "fetch, retrying, tries again in 12 s", "analyses, blocked", "stats, reused, 40 ms, stale". */
export function nameOf(row: GanttRow, now: Milliseconds, isStale = false): string {
  const label = STEP_STATUS[row.step.status].label;
  const stale = isStale ? ["stale"] : [];
  return [row.step.key, label, ...durationWords(row, now), ...stale].join(", ");
}

/** What stands at the bar, the longest first: "5.3 s"; "2.1 s from 01a202e4-f6cc", "2.1 s"; "blocked". */
export function barWords(row: GanttRow, now: Milliseconds): [string, ...string[]] {
  const { status, reusedFromRunId } = row.step;
  const [words = STEP_STATUS[status].label] = durationWords(row, now);
  return reusedFromRunId ? [`${words} from ${shortRunId(reusedFromRunId)}`, words] : [words];
}

export interface TooltipLine {
  label: string;
  value: string;
}

/** Start and end stand in the reader's time zone, with their distance from the run's start. */
export function tooltipLines(row: GanttRow, origin: Milliseconds, now: Milliseconds): TooltipLine[] {
  const { step, bar } = row;
  const moment = (since1970: Milliseconds) =>
    bar.kind === "reused" || since1970 < origin
      ? absolute(since1970)
      : `${absolute(since1970)} (+${formatDuration(since1970 - origin)})`;
  const lines: (TooltipLine | null)[] = [
    step.reusedFromRunId ? { label: "Reused from run", value: shortRunId(step.reusedFromRunId) } : null,
    step.startMs !== null ? { label: "Started", value: moment(step.startMs) } : null,
    step.startMs !== null && step.endMs !== null ? { label: "Ended", value: moment(step.endMs) } : null,
    ...durationWords(row, now).map((value) => ({ label: isWaiting(row) ? "Now" : "Took", value })),
    bar.kind === "segments" && (bar.segments.length > 1 || isWaiting(row))
      ? { label: "Attempts", value: attemptWords(row) }
      : null,
  ];
  return lines.filter((line) => line !== null);
}

function attemptWords({ bar }: GanttRow): string {
  if (bar.kind !== "segments") return "";
  return `${bar.segments.length}: ${bar.segments.map(({ status }) => STEP_STATUS[status].label).join(", ")}`;
}

function isWaiting({ bar }: GanttRow): boolean {
  return bar.kind === "segments" && bar.retryAt !== null;
}

/**
 * One duration or none. What still runs is told in whole seconds, which is how often it is renewed; of what waits to be
 * tried again, until when.
 */
function durationWords(row: GanttRow, now: Milliseconds): [string] | [] {
  if (row.bar.kind === "segments" && row.bar.retryAt !== null) return [retryText(row.bar.retryAt, now)];
  const duration = durationOf(row, now);
  if (duration === null) return [];
  if (isOpen(row) && duration < MINUTE) return [`${Math.round(duration / 1000)} s`];
  return [formatDuration(duration)];
}

function absolute(since1970: Milliseconds): string {
  return new Date(since1970).toLocaleString();
}
