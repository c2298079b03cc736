// The group of a run, asked again when one of its runs has moved.
import { useQuery } from "urql";
import { graphql, type ResultOf } from "../shared/graphql";
import { useRunNews } from "../shared/use-run-news";

const groupQuery = graphql(`
  query RunGroup($runId: ID!) {
    runGroup(runId: $runId) {
      rootRunId
      status
      newestRun {
        id
        status
      }
      runs {
        id
        parentRunId
        status
        strategy
        stepKeysToExecute
        launchedBy
        canceledBy
        retryNumber
        maxRetries
        reason
        createdAt
        startedAt
        endedAt
      }
    }
  }
`);

export type RunGroup = NonNullable<ResultOf<typeof groupQuery>["runGroup"]>;
export type GroupRun = RunGroup["runs"][number];

export function useGroup(runId: string) {
  const [{ data, error }, ask] = useQuery({ query: groupQuery, variables: { runId } });
  const askAgain = () => ask({ requestPolicy: "network-only" });
  const group = data?.runGroup ?? null;
  useRunNews(askAgain, (run) => run.rootRunId === group?.rootRunId);
  return { group, error, askAgain };
}
