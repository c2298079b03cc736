// What the pages of pipelines ask for.
import { graphql, type ResultOf } from "../shared/graphql";

export const pipelinesQuery = graphql(`
  query Pipelines {
    pipelines {
      name
      description
      launchable
      tags {
        key
        value
      }
      steps {
        key
      }
      runs(first: 8) {
        edges {
          node {
            id
            status
            createdAt
          }
        }
        totalCount
      }
    }
  }
`);

export type ListedPipeline = ResultOf<typeof pipelinesQuery>["pipelines"][number];

export const pipelineQuery = graphql(`
  query Pipeline($name: String!) {
    pipeline(name: $name) {
      name
      description
      snapshotId
      launchable
      modes
      tags {
        key
        value
      }
      steps {
        key
        description
        tags {
          key
          value
        }
        inputs {
          name
          typeName
          description
        }
        outputs {
          name
          typeName
          description
          isRequired
          isDynamic
        }
        upstreamStepKeys
        downstreamStepKeys
        codeVersion
        maxRetries
      }
    }
  }
`);

export type Pipeline = NonNullable<ResultOf<typeof pipelineQuery>["pipeline"]>;
export type StepDefinition = Pipeline["steps"][number];

/** What is only read of the step whose panel is open, though it is asked of all at once. */
export const stepDetailsQuery = graphql(`
  query StepDetails($name: String!, $mode: String!) {
    pipeline(name: $name) {
      name
      configSchema(mode: $mode)
      steps {
        key
        history {
          executions
          failures
          medianDurationMs
          p95DurationMs
        }
      }
    }
  }
`);

export const recentRunsQuery = graphql(`
  query RecentRuns($name: String!) {
    pipeline(name: $name) {
      name
      runs(first: 8) {
        edges {
          node {
            id
            status
            strategy
            stepKeysToExecute
            createdAt
            startedAt
            endedAt
            launchedBy
          }
        }
        totalCount
      }
    }
  }
`);

export type RecentRun = NonNullable<
  ResultOf<typeof recentRunsQuery>["pipeline"]
>["runs"]["edges"][number]["node"];
