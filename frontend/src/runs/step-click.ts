// What a click on a step's bar does to the page's address (pure).
import type { StepClick } from "../gantt/GanttChart";
import { onlyStep, stepWithDownstream, toggledStep } from "../selection/selection-text";
import type { SearchChange } from "./use-run-search";

/** A click picks the step and opens its panel; a click on the only picked one picks nothing any more. */
export function clicked(key: string, how: StepClick, picked: readonly string[]): SearchChange {
  if (how === "toggle") return { selection: toggledStep(picked, key) || undefined };
  const opened = { step: key, attempt: undefined };
  if (how === "downstream") return { ...opened, selection: stepWithDownstream(key) };
  const isOnlyOne = picked.length === 1 && picked[0] === key;
  return { ...opened, selection: isOnlyOne ? undefined : onlyStep(key) };
}
