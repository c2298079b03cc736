// An event in full: its whole message, its error, its data.
import { useQuery } from "urql";
import { ErrorDetails } from "../shared/ErrorDetails";
import { QueryError } from "../shared/ErrorMessage";
import { graphql } from "../shared/graphql";
import { ScrolledText } from "../shared/ScrolledText";
import { Skeleton } from "../shared/Skeleton";
import { eventDetails } from "./event-data";
import type { RunEvent } from "./use-run-events";

const eventDataQuery = graphql(`
  query EventData($runId: ID!, $after: String) {
    run(id: $runId) {
      id
      events(first: 1, after: $after) {
        edges {
          node {
            cursor
            data
          }
        }
      }
    }
  }
`);

export function EventDetails({ runId, event }: { runId: string; event: RunEvent }) {
  const [{ data, error }, ask] = useQuery({
    query: eventDataQuery,
    variables: { runId, after: event.after },
    requestPolicy: "cache-first",
  });
  const node = data?.run?.events.edges[0]?.node;
  const details = node && eventDetails(node.data);
  return (
    <div className="space-y-2 pt-1 pr-2 pb-3 pl-8">
      <p className="text-xs text-muted">
        {new Date(event.timestamp).toLocaleString()}
        {event.attempt !== null && `, attempt ${event.attempt}`}
      </p>
      <p className="whitespace-pre-wrap text-sm [overflow-wrap:anywhere]">{event.message}</p>
      {error && <QueryError error={error} onRetry={() => ask({ requestPolicy: "network-only" })} />}
      {!details && !error && <Skeleton className="h-12" />}
      {details?.error && <ErrorDetails error={details.error} />}
      {details?.rest && <ScrolledText label="Data of the event" text={details.rest} className="max-h-60" />}
    </div>
  );
}
