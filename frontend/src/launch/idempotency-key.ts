// A name for one launch, under which it may be sent again and still happens once.

/** `randomUUID` is kept from pages that came over plain http from another host; random numbers are not. */
export function newIdempotencyKey(): string {
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}
