// Moments and durations in words; all arithmetic is in milliseconds.
export type Milliseconds = number;

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** "340 ms", "5.3 s", "2 min 04 s", "3 h 07 min", "2 d 4 h": as exact as one wants to know. */
export function formatDuration(duration: Milliseconds): string {
  if (duration < 0.5) return "0 ms";
  if (duration < 999.5) return `${Math.round(duration)} ms`;
  if (duration < 59.95 * SECOND) return `${(duration / SECOND).toFixed(1)} s`;
  const seconds = Math.round(duration / SECOND);
  if (seconds * SECOND < HOUR) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`;
  const minutes = Math.round(duration / MINUTE);
  if (minutes * MINUTE < DAY) return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`;
  const hours = Math.round(duration / HOUR);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** "14:05:09" today, "21 Nov, 14:05" this year, "21 Nov 2025, 14:05" before; in the reader's time zone. */
export function formatMoment(moment: Date, now: Date): string {
  const time = `${twoDigits(moment.getHours())}:${twoDigits(moment.getMinutes())}`;
  if (moment.toDateString() === now.toDateString()) return `${time}:${twoDigits(moment.getSeconds())}`;
  const month = moment.toLocaleString("en", { month: "short" });
  const day = `${moment.getDate()} ${month}`;
  return moment.getFullYear() === now.getFullYear()
    ? `${day}, ${time}`
    : `${day} ${moment.getFullYear()}, ${time}`;
}

/** "14:05:09.250", in the reader's time zone. */
export function formatClock(moment: Date): string {
  const parts = [moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(twoDigits);
  return `${parts.join(":")}.${String(moment.getMilliseconds()).padStart(3, "0")}`;
}

/** "just now", "4 min ago", "3 h ago", "2 d ago". */
export function formatAgo(moment: Date, now: Date): string {
  const ago = now.getTime() - moment.getTime();
  if (ago < 45 * SECOND) return "just now";
  if (ago < HOUR) return `${Math.max(1, Math.round(ago / MINUTE))} min ago`;
  if (ago < DAY) return `${Math.round(ago / HOUR)} h ago`;
  return `${Math.round(ago / DAY)} d ago`;
}

/** Milliseconds since 1970 of an instant as the service writes it. */
export function parseInstant(instant: string): Milliseconds {
  return Date.parse(instant);
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}
