// What the re-execute button and its menu offer, with how many steps, or why not (pure).
import type { SelectionAnswer } from "../selection/use-selection";
import type { Strategy } from "./plan-fields";
import { needsSelection, strategyText } from "./strategies";

export interface ReexecutionOption {
  strategy: Strategy;
  enabled: boolean;
  disabledReason: string | null;
  stepKeys: readonly string[];
}

export interface Situation {
  /** Null until they are known. */
  options: readonly ReexecutionOption[] | null;
  hasEnded: boolean;
  /** Null until it is known. */
  canLaunch: boolean | null;
  selection: SelectionAnswer;
  /** How many steps from selected would execute; null until it is known. */
  fromSelectedCount: number | null;
}

export interface Choice {
  strategy: Strategy;
  label: string;
  meaning: string;
  /** Null where it is not known. */
  count: number | null;
  /** Null where it may be used. */
  disabledReason: string | null;
}

export function choices(situation: Situation): Choice[] {
  return (situation.options ?? []).map((option) => choice(option, situation));
}

/** The cheapest that can finish the job: the selection if there is one, else from failure, else all. */
export function mainChoice(situation: Situation): Choice | null {
  const all = choices(situation);
  const of = (strategy: Strategy) => all.find((one) => one.strategy === strategy);
  if (situation.selection.kind !== "none") return of("SELECTED_STEPS") ?? null;
  const somethingIsLeft = situation.options?.some((one) => one.strategy === "FROM_FAILURE" && one.enabled);
  if (somethingIsLeft) return of("FROM_FAILURE") ?? null;
  return of("ALL_STEPS") ?? all[0] ?? null;
}

/** "From failure (2)"; without a count where it is not known. */
export function countedLabel({ label, count }: Choice): string {
  return count === null ? label : `${label} (${count.toLocaleString("en")})`;
}

/** "Re-execute from failure (2)". */
export function mainLabel(main: Choice | null): string {
  if (main === null) return "Re-execute";
  const label = countedLabel(main);
  return `Re-execute ${label.charAt(0).toLowerCase()}${label.slice(1)}`;
}

function choice(option: ReexecutionOption, situation: Situation): Choice {
  const { label, meaning } = strategyText(option.strategy);
  const disabledReason = whyNot(option, situation);
  const count = countOf(option, situation);
  return { strategy: option.strategy, label, meaning, count, disabledReason };
}

function whyNot(option: ReexecutionOption, situation: Situation): string | null {
  if (situation.canLaunch === false)
    return "Your token lets you look at runs, not launch any: ask for an operator's.";
  if (!situation.hasEnded) return "The run has not ended yet: cancel it, or wait.";
  if (!option.enabled) return option.disabledReason ?? "This does not apply to this run.";
  return needsSelection(option.strategy) ? whyNotSelected(situation.selection) : null;
}

function whyNotSelected(selection: SelectionAnswer): string | null {
  switch (selection.kind) {
    case "none":
      return "Select steps first: click bars of the chart, or type a selection.";
    case "error":
      return `The selection has an error: ${selection.message}`;
    case "failed":
      return `The selection could not be read: ${selection.message}`;
    case "asking":
      return null;
    case "keys":
      return selection.stepKeys.length === 0 ? "The selection picks no step." : null;
  }
}

function countOf(option: ReexecutionOption, { selection, fromSelectedCount }: Situation): number | null {
  if (option.strategy === "FROM_SELECTED") return fromSelectedCount;
  if (!needsSelection(option.strategy)) return option.enabled ? option.stepKeys.length : null;
  return selection.kind === "keys" || selection.kind === "asking" ? selection.stepKeys.length : null;
}
