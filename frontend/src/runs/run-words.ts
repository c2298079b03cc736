// A run in words: how it came to be, what it executes (pure).
import type { Strategy } from "../launch/plan-fields";
import { steps } from "../launch/plan-view";
import { strategyText } from "../launch/strategies";

interface Launched {
  strategy: Strategy | null;
  stepKeysToExecute: readonly string[];
}

/** "from failure", "selected steps"; "first run" of the one that began the group. */
export function originText(run: Pick<Launched, "strategy">): string {
  if (run.strategy === null) return "first run";
  const label = strategyText(run.strategy).label;
  return label.charAt(0).toLowerCase() + label.slice(1);
}

interface Retried {
  /** Which automatic retry in its row it is; null where somebody launched it. */
  retryNumber: number | null;
  maxRetries: number;
}

/** "automatic (1 of 3)" of a run that nobody launched; null of any other. */
export function automaticText({ retryNumber, maxRetries }: Retried): string | null {
  if (retryNumber === null) return null;
  return maxRetries < retryNumber
    ? `automatic (${retryNumber})`
    : `automatic (${retryNumber} of ${maxRetries})`;
}

/** None follows it, however it ends. */
export function isLastRetry({ retryNumber, maxRetries }: Retried): boolean {
  return retryNumber !== null && retryNumber >= maxRetries;
}

interface Followed {
  number: number;
  runId: string | null;
  refusal: string | null;
}

/** What follows a failed run by itself, as a sentence to which the run that was launched may be added. */
export function followingText({ number, runId, refusal }: Followed, maxRetries: number): string {
  const which = maxRetries < number ? `${number}` : `${number} of ${maxRetries}`;
  if (runId !== null) return `Automatic retry ${which} was launched:`;
  if (refusal !== null) return `Automatic retry ${which} was not launched.`;
  return `Automatic retry ${which} follows: a worker launches it in a moment, from failure.`;
}

/** All steps that it executes, for those who hover; of very many the first ones. */
export function stepsTitle(
  { stepKeysToExecute: keys }: Pick<Launched, "stepKeysToExecute">,
  shown = 40,
): string {
  const named = keys.slice(0, shown).join(", ");
  return keys.length > shown ? `${named} and ${(keys.length - shown).toLocaleString("en")} more` : named;
}

/** "2 steps: test, analyses"; of many the first few: "40 steps: a, b, c, …". A first run's are all there are. */
export function stepsText(run: Launched, shown = 3): string {
  const count = steps(run.stepKeysToExecute.length);
  if (run.strategy === null || run.strategy === "ALL_STEPS") return count;
  const named = run.stepKeysToExecute.slice(0, shown).join(", ");
  return run.stepKeysToExecute.length > shown ? `${count}: ${named}, …` : `${count}: ${named}`;
}
