// The workers that are there and the code that they serve, asked again every few seconds.
import { useEffect, useRef } from "react";
import { useQuery } from "urql";
import { errorInfoFields } from "./ErrorDetails";
import { graphql, type ResultOf } from "./graphql";

const EVERY_MS = 2500;

const servedQuery = graphql(
  `
    query Served {
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
      pipelines {
        name
        snapshotId
        launchable
      }
    }
  `,
  [errorInfoFields],
);

type Served = ResultOf<typeof servedQuery>;
export type Worker = Served["workers"][number];

/** Asks again and again; in one place of the application, for all who look. */
export function useServedAgain(): void {
  const [, ask] = useQuery({ query: servedQuery, requestPolicy: "cache-first" });
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") ask({ requestPolicy: "network-only" });
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [ask]);
}

/** Null until it is known. */
export function useWorkers(): Worker[] | null {
  const [{ data }] = useQuery({ query: servedQuery, requestPolicy: "cache-first" });
  return data?.workers ?? null;
}

/** Calls back when other code is served than before: an edit was loaded, a worker came or went. */
export function useOnServedChange(changed: () => void): void {
  const [{ data }] = useQuery({ query: servedQuery, requestPolicy: "cache-first" });
  const served = data && JSON.stringify(data.pipelines);
  const before = useRef(served);
  useEffect(() => {
    if (served !== undefined && before.current !== undefined && served !== before.current) changed();
    before.current = served;
  }, [served, changed]);
}
