// What is asked of one step of a run.
import { errorInfoFields } from "../shared/ErrorDetails";
import { graphql, type ResultOf } from "../shared/graphql";

export const stepQuery = graphql(
  `
    query Step($runId: ID!, $stepKey: String!) {
      run(id: $runId) {
        id
        canceledBy
        stepStats(stepKeys: [$stepKey]) {
          stepKey
          status
          retryAt
          startTime
          endTime
          durationMs
          reason
          causeStepKeys
          reusedFromRunId
          isStale
          attempts {
            number
            status
            startTime
            endTime
            workerId
            error {
              ...ErrorInfoFields
            }
          }
          inputs {
            name
            sources {
              runId
              stepKey
              outputName
              mappingKey
            }
          }
          outputs {
            name
            mappingKey
            uri
            digest
            sizeBytes
            preview
            metadata
          }
        }
      }
    }
  `,
  [errorInfoFields],
);

export type Step = NonNullable<ResultOf<typeof stepQuery>["run"]>["stepStats"][number];
export type StepAttempt = Step["attempts"][number];
export type StepInput = Step["inputs"][number];
export type StepOutput = Step["outputs"][number];

/** A run's definitions never change: they are asked once. */
export const stepDefinitionsQuery = graphql(`
  query StepDefinitions($runId: ID!) {
    run(id: $runId) {
      id
      steps {
        key
        description
        codeVersion
        maxRetries
        tags {
          key
          value
        }
      }
    }
  }
`);

export const capturedTextQuery = graphql(`
  query CapturedText($runId: ID!, $stepKey: String!, $offset: ByteCount!, $ofStderr: Boolean!) {
    run(id: $runId) {
      id
      stepStats(stepKeys: [$stepKey]) {
        stepKey
        attempts {
          number
          stdout(offset: $offset) @skip(if: $ofStderr) {
            text
            nextOffset
            totalBytes
          }
          stderr(offset: $offset) @include(if: $ofStderr) {
            text
            nextOffset
            totalBytes
          }
        }
      }
    }
  }
`);
