// Why what is written and planned cannot be launched now (pure).
interface Written {
  /** Why it cannot be launched as it is written. */
  problem: string | null;
  /** More has been written than was asked about. */
  isBehind: boolean;
}

interface Planned {
  isAsking: boolean;
  plan: object | null;
}

/** Null where it can be launched. */
export function whyNotLaunch(
  me: { canLaunch: boolean } | null,
  written: Written,
  planned: Planned,
): string | null {
  if (me?.canLaunch === false) return "You may look at plans, but not launch any.";
  if (written.problem !== null) return written.problem;
  if (written.isBehind || planned.isAsking) return "The plan is being made …";
  return planned.plan === null ? "There is no plan to launch." : null;
}
