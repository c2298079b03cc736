// Rows that stay where they are while somebody points at them (pure).
interface HeldRows<Row> {
  rows: readonly Row[];
  /** How many rows are new, and wait. */
  waiting: number;
}

/** Where rows are held: those of `heldKeys` in that order, as they are now. */
export function heldRows<Row extends { key: string }>(
  rows: readonly Row[],
  heldKeys: readonly string[] | null,
): HeldRows<Row> {
  if (heldKeys === null) return { rows, waiting: 0 };
  const byKey = new Map(rows.map((row) => [row.key, row]));
  const held = heldKeys.flatMap((key) => byKey.get(key) ?? []);
  return { rows: held, waiting: rows.length - held.length };
}
