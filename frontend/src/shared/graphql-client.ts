// The one client for queries and mutations. A query waits out a service, or a database, that is away; a mutation is never repeated.
import { retryExchange } from "@urql/exchange-retry";
import { Client, cacheExchange, fetchExchange, mapExchange } from "urql";
import { report } from "./connection";
import { isStoreAway } from "./store-away";

const ENDPOINT = "/graphql";

/** Where to log in, and to come back to this page from there. */
function goToLogin(): void {
  const here = window.location.pathname + window.location.search;
  window.location.assign(`/login?next=${encodeURIComponent(here)}`);
}

export function createClient(): Client {
  return new Client({
    url: ENDPOINT,
    preferGetMethod: false,
    requestPolicy: "cache-and-network",
    fetchOptions: { credentials: "same-origin" },
    exchanges: [
      cacheExchange,
      retryExchange({
        initialDelayMs: 300,
        maxDelayMs: 3000,
        maxNumberAttempts: Number.POSITIVE_INFINITY,
        retryIf: (error, operation) =>
          operation.kind === "query" && (error.networkError !== undefined || isStoreAway(error)),
      }),
      mapExchange({
        onResult(result) {
          const status: unknown = result.error?.response?.status;
          if (status === 401) goToLogin();
          // A proxy before a service that is away answers too, with 502 or 503.
          const isAway =
            typeof status === "number" ? status >= 502 : result.error?.networkError !== undefined;
          report("service", !isAway);
          if (!isAway) report("database", !isStoreAway(result.error));
        },
      }),
      fetchExchange,
    ],
  });
}
