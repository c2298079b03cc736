// Subscriptions that outlive a lost connection: each new try asks with what is known by then.
import type { TadaDocumentNode } from "gql.tada";
import { type Client, createClient } from "graphql-ws";
import { stringifyDocument } from "urql";
import { report } from "./connection";

const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 3000;

let socket: Client | undefined;
const whenConnected = new Set<() => void>();

function sharedSocket(): Client {
  socket ??= createClient({
    url: `${window.location.protocol === "https:" ? "wss" : "ws"}://${window.location.host}/graphql`,
    retryAttempts: 0, // tried again here, with other variables
    keepAlive: 10_000,
    on: {
      connected() {
        report("service", true);
        for (const listener of whenConnected) listener();
      },
    },
  });
  return socket;
}

/** Calls the listener at each connection, the first and those after a loss. Answers the function that stops it. */
export function onConnected(listener: () => void): () => void {
  whenConnected.add(listener);
  return () => whenConnected.delete(listener);
}

export interface Followed<Data, Variables> {
  document: TadaDocumentNode<Data, Variables>;
  /** Asked before each try: what is known already need not be sent again. */
  variables: () => Variables;
  onData: (data: Data) => void;
  /** The subscription came to its own end. */
  onEnd?: () => void;
}

/** Follows a subscription to its end, through lost connections. Answers the function that stops it. */
export function follow<Data, Variables extends Record<string, unknown>>(
  followed: Followed<Data, Variables>,
): () => void {
  const query = stringifyDocument(followed.document);
  let delay = FIRST_DELAY_MS;
  let isStopped = false;
  let unsubscribe: () => void = () => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function tryAgain(): void {
    if (isStopped) return;
    timer = setTimeout(start, delay);
    delay = Math.min(delay * 2, LONGEST_DELAY_MS);
  }

  function start(): void {
    unsubscribe = sharedSocket().subscribe<Data>(
      { query, variables: followed.variables() },
      {
        next(message) {
          delay = FIRST_DELAY_MS;
          if (message.data) followed.onData(message.data);
        },
        error(problem) {
          // The service has refused the subscription itself: to ask again would change nothing.
          if (Array.isArray(problem)) return;
          report("service", false);
          tryAgain();
        },
        complete() {
          if (!isStopped) followed.onEnd?.();
        },
      },
    );
  }

  start();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    unsubscribe();
  };
}
