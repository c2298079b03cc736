// How the service tells that its database is away, which passes: it is to be asked again (pure).
import type { CombinedError } from "urql";

const CODE = "STORE_UNAVAILABLE";

export function isStoreAway(error: CombinedError | undefined): boolean {
  return error?.graphQLErrors.some(({ extensions }) => extensions.code === CODE) ?? false;
}
