// What the launch page reads before anything is written in it.
import { graphql, type ResultOf } from "../shared/graphql";

export const launchPageQuery = graphql(`
  query LaunchPage($name: String!, $likeRunId: ID!, $isLike: Boolean!) {
    pipeline(name: $name) {
      name
      description
      modes
      steps {
        key
        tags {
          key
          value
        }
      }
    }
    run(id: $likeRunId) @include(if: $isLike) {
      id
      mode
      runConfig
      tags {
        key
        value
      }
    }
  }
`);

type Answer = ResultOf<typeof launchPageQuery>;
export type LaunchedPipeline = NonNullable<Answer["pipeline"]>;
/** The run whose config, mode and tags are taken to begin with. */
export type LikeRun = NonNullable<Answer["run"]>;

export const configSchemaQuery = graphql(`
  query ConfigSchema($name: String!, $mode: String!) {
    pipeline(name: $name) {
      name
      configSchema(mode: $mode)
    }
  }
`);
