// The workers that are there, asked again every few seconds.
import { useEffect } from "react";
import { useQuery } from "urql";
import { errorInfoFields } from "./ErrorDetails";
import { graphql, type ResultOf } from "./graphql";

const EVERY_MS = 2500;

const workersQuery = graphql(
  `
    query Workers {
      workers {
        id
        host
        pid
        executor
        pipelineNames
        startedAt
        runningRunIds
        loadError {
          ...ErrorInfoFields
        }
      }
    }
  `,
  [errorInfoFields],
);

export type Worker = ResultOf<typeof workersQuery>["workers"][number];

/** Null until it is known. */
export function useWorkers(): Worker[] | null {
  const [{ data }, ask] = useQuery({ query: workersQuery });
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") ask({ requestPolicy: "network-only" });
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [ask]);
  return data?.workers ?? null;
}
