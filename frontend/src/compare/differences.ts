// In what two runs differ, step by step and in sum (pure).
import type { Json } from "../shared/graphql";
import type { StepStatus } from "../shared/status";
import { formatDuration, type Milliseconds } from "../shared/time";
import type { ComparedStep, Comparison } from "./compare-queries";

/** Something that is worth a look: how long a step took is told, but differs always. */
export function differs(step: ComparedStep): boolean {
  return (
    outcome(step.base?.status) !== outcome(step.other?.status) ||
    step.outputsIdentical === false ||
    step.inputsIdentical === false ||
    step.codeChanged ||
    step.configChanged
  );
}

/** What is reused ended well before: that it was not executed again is no other outcome. */
function outcome(status: StepStatus | undefined): StepStatus | undefined {
  return status === "REUSED" ? "SUCCESS" : status;
}

export function shownSteps(
  steps: readonly ComparedStep[],
  { onlyDifferences, part }: { onlyDifferences: boolean; part: string },
): readonly ComparedStep[] {
  const wanted = part.trim().toLowerCase();
  return steps.filter(
    (step) => (!onlyDifferences || differs(step)) && step.stepKey.toLowerCase().includes(wanted),
  );
}

/** "outputs differ in 2 steps", "code in 1", ...; empty where nothing differs. */
export function summary({ steps, configDiff }: Comparison): string[] {
  const count = (what: string, has: (step: ComparedStep) => boolean) => {
    const number = steps.filter(has).length;
    return number === 0
      ? []
      : [`${what} in ${number.toLocaleString("en")} ${number === 1 ? "step" : "steps"}`];
  };
  return [
    ...count("another outcome", (step) => outcome(step.base?.status) !== outcome(step.other?.status)),
    ...count("other outputs", (step) => step.outputsIdentical === false),
    ...count("other inputs", (step) => step.inputsIdentical === false),
    ...count("other code", (step) => step.codeChanged),
    ...count("other config", (step) => step.configChanged),
    ...(configChanges(configDiff).length > 0 ? ["the run configs differ"] : []),
  ];
}

export interface ConfigChange {
  /** A JSON pointer. */
  path: string;
  /** As JSON; null where it is not there. */
  base: string | null;
  other: string | null;
}

export function configChanges(configDiff: Json): ConfigChange[] {
  const found = configDiff as unknown as { path: string; base?: Json; other?: Json }[];
  const told = (value: Json | undefined) => (value === undefined ? null : JSON.stringify(value));
  return found.map(({ path, base, other }) => ({ path, base: told(base), other: told(other) }));
}

/** "+1.2 s", "−340 ms", "±0 ms". */
export function deltaText(delta: Milliseconds): string {
  const sign = Math.abs(delta) < 0.5 ? "±" : delta > 0 ? "+" : "−";
  return `${sign}${formatDuration(Math.abs(delta))}`;
}

/** What is told of the outputs: whether they are the same is not always known. */
export function outputsText({ base, other, outputsIdentical }: ComparedStep): string {
  if (outputsIdentical === true) return "identical";
  if (outputsIdentical === false) return "different";
  const hasBoth = outcome(base?.status) === "SUCCESS" && outcome(other?.status) === "SUCCESS";
  return hasBoth ? "not known" : "";
}

/** "code", "config", "inputs". */
export function changesOf(step: ComparedStep): string[] {
  return [
    step.codeChanged ? "code" : "",
    step.configChanged ? "config" : "",
    step.inputsIdentical === false ? "inputs" : "",
  ].filter(Boolean);
}
