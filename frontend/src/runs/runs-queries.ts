// What is asked of the lists of runs.
import { graphql, type ResultOf } from "../shared/graphql";

const listedRunFields = graphql(`
  fragment ListedRunFields on Run @_unmask {
    id
    pipelineName
    status
    whyQueued
    retryNumber
    strategy
    stepKeysToExecute
    launchedBy
    reason
    createdAt
    startedAt
    endedAt
  }
`);

export type ListedRun = ResultOf<typeof listedRunFields>;

export const groupsQuery = graphql(
  `
    query RunGroups($filter: RunFilter, $first: Int!, $after: String) {
      runGroups(filter: $filter, first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          node {
            rootRunId
            status
            runs {
              id
              status
            }
            newestRun {
              ...ListedRunFields
            }
          }
        }
      }
    }
  `,
  [listedRunFields],
);

export const runsQuery = graphql(
  `
    query Runs($filter: RunFilter, $first: Int!, $after: String) {
      runs(filter: $filter, first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          node {
            ...ListedRunFields
          }
        }
      }
    }
  `,
  [listedRunFields],
);

/** What the filters offer. */
export const filtersQuery = graphql(`
  query RunFilters($unresolved: RunFilter!, $filter: RunFilter!) {
    pipelines {
      name
    }
    matching: runs(filter: $filter, first: 1) {
      totalCount
    }
    runs(filter: $unresolved, first: 1) {
      totalCount
    }
    runGroups(filter: $unresolved, first: 1) {
      totalCount
    }
  }
`);
