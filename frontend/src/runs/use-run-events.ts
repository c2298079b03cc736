// The events of a run: those that are stored, then each as it happens.
import { useEffect, useState } from "react";
import { graphql, type ResultOf } from "../shared/graphql";
import { follow } from "../shared/live";

/** Batches that come quickly after each other are shown together. */
const SHOWN_EVERY_MS = 80;

// Without `data`, which may be large: it is asked when somebody looks.
const eventsSubscription = graphql(`
  subscription RunEvents($runId: ID!, $after: String) {
    runEvents(runId: $runId, after: $after) {
      events {
        cursor
        timestamp
        kind
        level
        stepKey
        attempt
        message
      }
      isLast
    }
  }
`);

type SentEvent = ResultOf<typeof eventsSubscription>["runEvents"]["events"][number];

export interface RunEvent extends SentEvent {
  /** The cursor of the event before it, after which it is found again. */
  after: string | null;
}

export interface RunEvents {
  events: readonly RunEvent[];
  /** The run has ended, and these are all. */
  areAll: boolean;
}

const NONE: RunEvents = { events: [], areAll: false };

export function useRunEvents(runId: string): RunEvents {
  const [known, setKnown] = useState(NONE);
  useEffect(() => {
    let last: string | null = null;
    let fresh: RunEvent[] = [];
    let areAll = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    function show(): void {
      timer = undefined;
      const shown = fresh;
      fresh = [];
      setKnown(({ events }) => ({ events: events.concat(shown), areAll }));
    }

    setKnown(NONE);
    const stop = follow({
      document: eventsSubscription,
      variables: () => ({ runId, after: last }),
      onData({ runEvents }) {
        for (const event of runEvents.events) {
          fresh.push({ ...event, after: last });
          last = event.cursor;
        }
        areAll = runEvents.isLast;
        timer ??= setTimeout(show, SHOWN_EVERY_MS);
      },
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [runId]);
  return known;
}
