// What is asked of a plan, wherever one is shown.
import { graphql, type ResultOf } from "../shared/graphql";

export const planFields = graphql(`
  fragment PlanFields on ReexecutionPlan @_unmask {
    id
    parentRunId
    strategy
    stepKeysToExecute
    timeSavedMs
    estimatedDurationMs
    warnings {
      kind
      stepKey
      message
      stepKeysToAdd
    }
    steps {
      stepKey
      action
      reason
      inputs {
        name
        sources {
          runId
          stepKey
          outputName
          mappingKey
        }
      }
      reusedFromRunId
      isStale
      estimatedDurationMs
    }
  }
`);

export type Plan = ResultOf<typeof planFields>;
export type PlannedStep = Plan["steps"][number];
export type PlanWarning = Plan["warnings"][number];
export type StepAction = PlannedStep["action"];
export type Strategy = NonNullable<Plan["strategy"]>;
