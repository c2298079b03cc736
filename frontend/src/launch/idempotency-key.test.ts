import { expect, it, vi } from "vitest";
import { newIdempotencyKey } from "./idempotency-key";

it("makes other keys every time, also where the page is not trusted with random UUIDs", () => {
  expect(newIdempotencyKey()).not.toBe(newIdempotencyKey());
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  expect(newIdempotencyKey()).toMatch(/^[0-9a-f]{32}$/);
  expect(newIdempotencyKey()).not.toBe(newIdempotencyKey());
  vi.unstubAllGlobals();
});
