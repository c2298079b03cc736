// Why a plan cannot be made, or a launch is refused.
import { graphql, type ResultOf } from "../shared/graphql";

export const launchProblemFields = graphql(`
  fragment LaunchProblemFields on Error @_unmask {
    __typename
    message
    ... on MissingOutputsError {
      missing {
        stepKey
        inputName
        upstreamStepKey
        outputName
        why
      }
      stepKeysToAdd
    }
    ... on InvalidSelectionError {
      suggestions
    }
    ... on InvalidRunConfigError {
      problems {
        path
        message
      }
    }
    ... on IdempotencyConflictError {
      launchedBefore: run {
        id
      }
    }
  }
`);

export type LaunchProblem = ResultOf<typeof launchProblemFields>;
