// Plans as tests draw them.
import type { Plan, PlannedStep, StepAction } from "./plan-fields";

const ACTIONS: Record<string, StepAction> = { x: "EXECUTE", r: "REUSE", "-": "OMIT" };

/** "load:r train:x": what is done with each step. */
export function drawn(drawing: string, more: Partial<Plan> = {}): Plan {
  const planned = drawing.split(" ").map((one): PlannedStep => {
    const [stepKey = "", mark = ""] = one.split(":");
    const action = ACTIONS[mark] ?? "OMIT";
    return {
      stepKey,
      action,
      reason: `reason of ${stepKey}`,
      inputs: [],
      reusedFromRunId: null,
      isStale: false,
      estimatedDurationMs: null,
    };
  });
  return {
    id: drawing,
    parentRunId: "parent",
    strategy: "FROM_FAILURE",
    stepKeysToExecute: [],
    timeSavedMs: 0,
    estimatedDurationMs: null,
    warnings: [],
    steps: planned,
    ...more,
  };
}
