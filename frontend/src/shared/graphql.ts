// Documents typed from the service's schema.
import { initGraphQLTada } from "gql.tada";
import type { introspection } from "./generated/graphql-env.d.ts";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** `graphql("query ...")` is a document whose answer and variables have types. */
export const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { DateTime: string; JSON: Json; ByteCount: number };
}>();

export type { FragmentOf, ResultOf, VariablesOf } from "gql.tada";
