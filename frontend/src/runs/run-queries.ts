// What is asked of one run.
import { errorInfoFields } from "../shared/ErrorDetails";
import { graphql, type ResultOf } from "../shared/graphql";

/** What moves while a run goes on. */
const movingRunFields = graphql(
  `
    fragment MovingRunFields on Run @_unmask {
      id
      version
      status
      startedAt
      endedAt
      canceledBy
      timeSavedMs
      error {
        ...ErrorInfoFields
      }
      stepCounts {
        status
        count
      }
    }
  `,
  [errorInfoFields],
);

const runFields = graphql(
  `
    fragment RunFields on Run @_unmask {
      ...MovingRunFields
      pipelineName
      mode
      createdAt
      launchedBy
      retryNumber
      maxRetries
      reason
      tags {
        key
        value
      }
      parentRunId
      rootRunId
      strategy
      selection
      stepKeysToExecute
    }
  `,
  [movingRunFields],
);

export type Run = ResultOf<typeof runFields>;
export type MovingRun = ResultOf<typeof movingRunFields>;

export const runQuery = graphql(
  `
    query Run($runId: ID!) {
      run(id: $runId) {
        ...RunFields
        stepTable
      }
    }
  `,
  [runFields],
);

export const runChangesQuery = graphql(
  `
    query RunChanges($runId: ID!, $since: String!) {
      run(id: $runId) {
        ...MovingRunFields
        stepTable(changedSince: $since)
      }
    }
  `,
  [movingRunFields],
);

/** What a run waits for, or what follows it: it may change without any news of the run itself. */
export const runWaitQuery = graphql(`
  query RunWait($runId: ID!) {
    run(id: $runId) {
      id
      whyQueued
      automaticRetry {
        number
        runId
        refusal
      }
    }
  }
`);

export type AutomaticRetry = NonNullable<NonNullable<ResultOf<typeof runWaitQuery>["run"]>["automaticRetry"]>;

export const runUpdatesSubscription = graphql(`
  subscription RunUpdates($runId: ID!) {
    runUpdates(runId: $runId) {
      version
    }
  }
`);
