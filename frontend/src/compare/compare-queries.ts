// What is asked of two runs beside each other.
import { graphql, type ResultOf } from "../shared/graphql";

const comparedRunFields = graphql(`
  fragment ComparedRunFields on Run @_unmask {
    id
    pipelineName
    status
    mode
    strategy
    createdAt
    startedAt
    endedAt
    durationMs
    launchedBy
    reason
    stepKeysToExecute
  }
`);

export const compareQuery = graphql(
  `
    query Compare($base: ID!, $other: ID!) {
      compareRuns(baseRunId: $base, otherRunId: $other) {
        base {
          ...ComparedRunFields
        }
        other {
          ...ComparedRunFields
        }
        configDiff
        steps {
          stepKey
          base {
            status
            durationMs
            reusedFromRunId
          }
          other {
            status
            durationMs
            reusedFromRunId
          }
          durationDeltaMs
          codeChanged
          configChanged
          inputsIdentical
          outputsIdentical
        }
      }
    }
  `,
  [comparedRunFields],
);

export type Comparison = NonNullable<ResultOf<typeof compareQuery>["compareRuns"]>;
export type ComparedRun = Comparison["base"];
export type ComparedStep = Comparison["steps"][number];
