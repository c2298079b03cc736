// What the re-execute button must know of its run.
import { graphql, type ResultOf } from "../shared/graphql";

export const reexecuteRunFields = graphql(`
  fragment ReexecuteRunFields on Run @_unmask {
    id
    pipelineName
    mode
    status
    version
  }
`);

export type ReexecuteRun = ResultOf<typeof reexecuteRunFields>;
