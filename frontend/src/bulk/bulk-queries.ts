// What is asked and told of many runs at once.
import { graphql, type ResultOf } from "../shared/graphql";

export const bulkPlanQuery = graphql(`
  query BulkPlan($action: BulkAction!, $filter: RunFilter!, $strategy: ReexecutionStrategy) {
    bulkPlan(action: $action, filter: $filter, strategy: $strategy) {
      runs
      stepsToExecute
      estimatedDurationMs
      refusals {
        message
        runs
      }
    }
  }
`);

export type BulkPlan = ResultOf<typeof bulkPlanQuery>["bulkPlan"];

export const startBulkMutation = graphql(`
  mutation StartBulk(
    $action: BulkAction!
    $filter: RunFilter!
    $strategy: ReexecutionStrategy
    $expectedCount: Int!
    $reason: String
    $idempotencyKey: String!
  ) {
    startBulk(
      action: $action
      filter: $filter
      strategy: $strategy
      expectedCount: $expectedCount
      reason: $reason
      idempotencyKey: $idempotencyKey
    ) {
      __typename
      ... on StartBulkSuccess {
        bulk {
          id
        }
      }
      ... on Error {
        message
      }
    }
  }
`);

const bulkFields = graphql(`
  fragment BulkFields on Bulk @_unmask {
    id
    action
    total
    launched
    refused
    done
    canceled
    startedAt
    launchedBy
    reason
    refusals {
      message
      runs
    }
  }
`);

export const bulkQuery = graphql(
  `
    query Bulk($id: ID!) {
      bulk(id: $id) {
        ...BulkFields
      }
    }
  `,
  [bulkFields],
);

export type Bulk = ResultOf<typeof bulkFields>;
export type BulkAction = Bulk["action"];

export const cancelBulkMutation = graphql(
  `
    mutation CancelBulk($id: ID!) {
      cancelBulk(id: $id) {
        ...BulkFields
      }
    }
  `,
  [bulkFields],
);

export const launchReexecutionsMutation = graphql(`
  mutation LaunchReexecutions(
    $parentRunIds: [ID!]!
    $strategy: ReexecutionStrategy!
    $reason: String
    $idempotencyKey: String!
  ) {
    launchReexecutions(
      parentRunIds: $parentRunIds
      strategy: $strategy
      reason: $reason
      idempotencyKey: $idempotencyKey
    ) {
      __typename
      ... on LaunchRunSuccess {
        run {
          id
        }
      }
      ... on Error {
        message
      }
    }
  }
`);

export type LaunchResult = ResultOf<typeof launchReexecutionsMutation>["launchReexecutions"][number];

export const runOptionsQuery = graphql(`
  query RunOptions($runId: ID!) {
    run(id: $runId) {
      id
      reexecutionOptions {
        strategy
        enabled
        disabledReason
        stepKeys
      }
    }
  }
`);
