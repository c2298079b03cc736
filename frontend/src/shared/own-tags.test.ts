// @vitest-environment node
import { expect, it } from "vitest";
import { bulkOf, usersTags } from "./own-tags";

const TAGS = [
  { key: "team", value: "ml" },
  { key: "dalsegno/max_retries", value: "3" },
  { key: "dalsegno/retry_number", value: "1" },
  { key: "dalsegno/bulk", value: "b1" },
];

it("leaves what a person gave, and tells the bulk", () => {
  expect(usersTags(TAGS).map(({ key }) => key)).toEqual(["team", "dalsegno/max_retries"]);
  expect(bulkOf(TAGS)).toBe("b1");
  expect(bulkOf([])).toBeNull();
});
