// What one plan does otherwise than another, in words (pure).
import type { Plan, PlannedStep } from "./plan-fields";
import { outputName } from "./plan-view";

const NAMED = 5;

/** "Now executes train; no longer executes test; …". Of two that do the same, what that is done on. */
export function difference(before: Plan, after: Plan): string {
  const was = new Map(before.steps.map((step) => [step.stepKey, step]));
  const moved = after.steps.filter((step) => was.get(step.stepKey)?.action !== step.action);
  const parts = [
    said("now executes", moved.filter((step) => step.action === "EXECUTE").map(keyOf)),
    said("now reuses", moved.filter((step) => step.action === "REUSE").map(keyOf)),
    said("now leaves out", moved.filter((step) => step.action === "OMIT").map(keyOf)),
    said("no longer has", keysGone(before, after)),
  ].filter((part) => part !== null);
  return sentence(parts.length > 0 ? parts : differenceOfSame(was, after));
}

/** Every step is treated as before. */
function differenceOfSame(was: ReadonlyMap<string, PlannedStep>, after: Plan): string[] {
  const otherwise = (told: (step: PlannedStep) => string) =>
    after.steps
      .filter((step) => {
        const old = was.get(step.stepKey);
        return old !== undefined && told(old) !== told(step);
      })
      .map(keyOf);
  const parts = [
    said("loads other data into", otherwise(sourcesOf)),
    said(
      "has another reason for",
      otherwise((step) => step.reason),
    ),
  ].filter((part) => part !== null);
  return ["does the same with every step", ...(parts.length > 0 ? parts : ["on other code or config"])];
}

function keysGone(before: Plan, after: Plan): string[] {
  const there = new Set(after.steps.map(keyOf));
  return before.steps.map(keyOf).filter((key) => !there.has(key));
}

function keyOf(step: PlannedStep): string {
  return step.stepKey;
}

function sourcesOf(step: PlannedStep): string {
  const named = step.inputs.map(({ name, sources }) => [
    name,
    ...sources.map((source) => `${source.runId} ${outputName(source)}`),
  ]);
  return JSON.stringify([named, step.reusedFromRunId]);
}

function said(what: string, keys: readonly string[]): string | null {
  if (keys.length === 0) return null;
  const more = keys.length > NAMED ? ` and ${(keys.length - NAMED).toLocaleString("en")} more` : "";
  return `${what} ${keys.slice(0, NAMED).join(", ")}${more}`;
}

function sentence(parts: readonly string[]): string {
  const text = parts.join("; ");
  return `It ${text}.`;
}
