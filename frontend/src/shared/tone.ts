// The classes of each tone, written out so that the build finds them.
import type { Tone } from "./status";

/** Text on a soft ground: tags, callouts. */
export const SOFT: Record<Tone, string> = {
  success: "bg-success-soft text-success-ink",
  failure: "bg-failure-soft text-failure-ink",
  running: "bg-running-soft text-running-ink",
  warning: "bg-warning-soft text-warning-ink",
  reused: "bg-reused-soft text-reused-ink",
  quiet: "bg-quiet-soft text-quiet-ink",
};

/** Text alone. */
export const INK: Record<Tone, string> = {
  success: "text-success-ink",
  failure: "text-failure-ink",
  running: "text-running-ink",
  warning: "text-warning-ink",
  reused: "text-reused-ink",
  quiet: "text-quiet-ink",
};

/** Marks and bars. */
export const SOLID: Record<Tone, string> = {
  success: "bg-success-solid",
  failure: "bg-failure-solid",
  running: "bg-running-solid",
  warning: "bg-warning-solid",
  reused: "bg-reused-solid",
  quiet: "bg-quiet-solid",
};
