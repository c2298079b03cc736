// What the grid asks for: which runs there are, and of each its steps in columns.
import { graphql } from "../shared/graphql";

export const gridRunsQuery = graphql(`
  query GridRuns($name: String!, $first: Int!) {
    pipeline(name: $name) {
      name
      runs(first: $first) {
        edges {
          node {
            id
            rootRunId
            status
            version
            createdAt
          }
        }
      }
    }
  }
`);

export const gridColumnQuery = graphql(`
  query GridColumn($runId: ID!) {
    run(id: $runId) {
      id
      version
      stepTable
      plan {
        warnings {
          kind
          stepKeysToAdd
        }
      }
    }
  }
`);
