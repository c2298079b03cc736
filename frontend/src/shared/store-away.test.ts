// @vitest-environment node
import { CombinedError } from "urql";
import { expect, it } from "vitest";
import { isStoreAway } from "./store-away";

function refused(code: string): CombinedError {
  return new CombinedError({ graphQLErrors: [{ message: "no", extensions: { code } }] });
}

it("knows an outage of the database from every other error", () => {
  expect(isStoreAway(refused("STORE_UNAVAILABLE"))).toBe(true);
  expect(isStoreAway(refused("INVALID_CURSOR"))).toBe(false);
  expect(isStoreAway(new CombinedError({ networkError: new Error("gone") }))).toBe(false);
  expect(isStoreAway(undefined)).toBe(false);
});
