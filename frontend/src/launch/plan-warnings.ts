// The warnings of a plan by kind, each with what it means and what mends it (pure).
import type { PlanWarning } from "./plan-fields";

export type WarningKind = PlanWarning["kind"];

export interface WarningGroup {
  kind: WarningKind;
  title: string;
  messages: readonly string[];
  stepKeysToAdd: readonly string[];
  /** "From changed" executes all that this warns of. */
  mendedFromChanged: boolean;
}

interface KindText {
  title: string;
  mendedFromChanged?: boolean;
}

/** What weighs more comes first. */
const KINDS: Record<WarningKind, KindText> = {
  STALE: { title: "Stale data would be reused", mendedFromChanged: true },
  CODE_CHANGED: {
    title: "Code has changed, and these steps are not executed again",
    mendedFromChanged: true,
  },
  CONFIG_CHANGED: {
    title: "These steps read config that is other now, and are not executed again",
    mendedFromChanged: true,
  },
  OLDER_SUCCESS_AFTER_FAILURE: { title: "Data from before a failure would be loaded" },
  ORDER_ONLY_UPSTREAM_UNSETTLED: { title: "What should run before has not ended well" },
  ACTIVE_SIBLING: { title: "Another run of the group is going on" },
  NO_WORKER: { title: "No worker is there to execute it" },
};

export function warningGroups(warnings: readonly PlanWarning[]): WarningGroup[] {
  const known = Object.keys(KINDS) as WarningKind[];
  // One that is not known here is told in its own words.
  const kinds = new Set([...known, ...warnings.map((one) => one.kind)]);
  return [...kinds].flatMap((kind) => {
    const own = warnings.filter((one) => one.kind === kind);
    if (own.length === 0) return [];
    return {
      kind,
      title: KINDS[kind]?.title ?? "To know before launching",
      messages: own.map((one) => one.message),
      stepKeysToAdd: [...new Set(own.flatMap((one) => one.stepKeysToAdd))],
      mendedFromChanged: KINDS[kind]?.mendedFromChanged ?? false,
    };
  });
}

const STALENESS: ReadonlySet<WarningKind> = new Set<WarningKind>(["STALE", "CODE_CHANGED", "CONFIG_CHANGED"]);

/** The steps that a plan would reuse though they are stale. */
export function stalenessOf(warnings: readonly Pick<PlanWarning, "kind" | "stepKeysToAdd">[]): string[] {
  const told = warnings.filter((one) => STALENESS.has(one.kind)).flatMap((one) => one.stepKeysToAdd);
  return [...new Set(told)];
}
