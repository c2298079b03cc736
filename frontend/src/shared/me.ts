// Who looks at this, and what they may do.
import { useQuery } from "urql";
import { graphql, type ResultOf } from "./graphql";

const meQuery = graphql(`
  query Me {
    me {
      name
      canLaunch
      usesToken
    }
    version
  }
`);

export type Me = ResultOf<typeof meQuery>["me"];

/** Null until it is known. */
export function useMe(): Me | null {
  const [{ data }] = useQuery({ query: meQuery, requestPolicy: "cache-first" });
  return data?.me ?? null;
}
