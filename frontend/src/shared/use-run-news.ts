// Tells when runs have moved: at most once a second, and after every connection that was lost and is there again.
import { useEffect, useRef } from "react";
import { graphql, type ResultOf } from "./graphql";
import { follow, onConnected } from "./live";

const AT_MOST_EVERY_MS = 1000;

const newsSubscription = graphql(`
  subscription RunNews {
    runUpdates {
      id
      rootRunId
      pipelineName
      status
    }
  }
`);

export type MovedRun = ResultOf<typeof newsSubscription>["runUpdates"];

/** Calls `onNews` when a run that `matters` has moved. */
export function useRunNews(onNews: () => void, matters: (run: MovedRun) => boolean = everyRun): void {
  const latest = useRef({ onNews, matters });
  useEffect(() => {
    latest.current = { onNews, matters };
  });
  useEffect(() => {
    let toldAt = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;

    function tellAfter(delay: number): void {
      timer ??= setTimeout(() => {
        timer = undefined;
        toldAt = Date.now();
        latest.current.onNews();
      }, delay);
    }

    const stop = follow({
      document: newsSubscription,
      variables: () => ({}),
      onData({ runUpdates: run }) {
        if (latest.current.matters(run)) tellAfter(Math.max(0, toldAt + AT_MOST_EVERY_MS - Date.now()));
      },
    });
    // What moved while nobody listened is not told; by then the subscription listens again.
    const forget = onConnected(() => tellAfter(AT_MOST_EVERY_MS));
    return () => {
      clearTimeout(timer);
      forget();
      stop();
    };
  }, []);
}

function everyRun(): boolean {
  return true;
}
