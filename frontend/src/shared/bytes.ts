// Counts of bytes in words (pure).
const UNITS = ["kB", "MB", "GB", "TB"] as const;

/** "512 bytes", "1.5 kB", "23 MB": decimal units, as disks and file managers count. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? "1 byte" : `${bytes} bytes`;
  let amount = bytes;
  let unit = "";
  for (const next of UNITS) {
    if (amount < 999.5) break;
    amount /= 1000;
    unit = next;
  }
  return `${amount < 9.95 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}
