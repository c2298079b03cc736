// @vitest-environment node
import { expect, it } from "vitest";
import { formatBytes } from "./bytes";

it.each([
  [0, "0 bytes"],
  [1, "1 byte"],
  [999, "999 bytes"],
  [1000, "1.0 kB"],
  [1_540, "1.5 kB"],
  [9_960, "10 kB"],
  [216_400, "216 kB"],
  [999_600, "1.0 MB"],
  [23_000_000, "23 MB"],
  [4_200_000_000_000_000, "4200 TB"],
])("says %d bytes as %s", (bytes, said) => {
  expect(formatBytes(bytes)).toBe(said);
});
