// What a click on a step's bar does to the page's address (pure).
import type { StepClick } from "../gantt/GanttChart";
import { onlyStep, stepWithDownstream, toggledStep } from "../selection/selection-text";
import type { SearchChange } from "./use-run-search";

/** What the page shows: the text of the selection, and the steps it picks, where that is known of this text. */
export interface Shown {
  text: string;
  picked: readonly string[];
  isKnown: boolean;
}

/** What the last clicks have made of the text; the page shows it a moment later, and until then what was before. */
export interface Made {
  before: readonly string[];
  text: string;
  picked: readonly string[];
}

/** A click picks the step and opens its panel; a click on the only picked one picks nothing any more. */
export function clicked(key: string, how: StepClick, picked: readonly string[]): SearchChange {
  if (how === "toggle") return { selection: toggledStep(picked, key) || undefined };
  const opened = { step: key, attempt: undefined };
  if (how === "downstream") return { ...opened, selection: stepWithDownstream(key) };
  const isOnlyOne = picked.length === 1 && picked[0] === key;
  return { ...opened, selection: isOnlyOne ? undefined : onlyStep(key) };
}

/** What a click makes, where that names the steps one by one. */
export function madeBy(key: string, how: StepClick, shown: Shown, last: Made | null): Made | null {
  if (how === "downstream") return null;
  const picked = pickedNow(shown, last);
  const text = clicked(key, how, picked).selection ?? "";
  const before = last === null ? [shown.text] : [...last.before, last.text, shown.text];
  if (how === "only") return { before, text, picked: text === "" ? [] : [key] };
  return {
    before,
    text,
    picked: picked.includes(key) ? picked.filter((one) => one !== key) : [...picked, key],
  };
}

/** The steps that a click now counts on: a hand may be quicker than the page, and than the service. */
export function pickedNow(shown: Shown, last: Made | null): readonly string[] {
  if (last === null) return shown.picked;
  const isOnItsWay = shown.text === last.text ? !shown.isKnown : last.before.includes(shown.text);
  return isOnItsWay ? last.picked : shown.picked;
}

/** What is left of it once the page shows this text: all, that it has arrived, or nothing. */
export function afterShowing(text: string, last: Made | null): Made | null {
  if (last === null || text === last.text) return last && { ...last, before: [] };
  return last.before.includes(text) ? last : null;
}
