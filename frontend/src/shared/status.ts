// What each status is called and drawn as. Colour is never the only sign: each has a word and a mark of its own.
import type { ResultOf } from "./graphql";
import { graphql } from "./graphql";

const _statuses = graphql(`query Statuses { run(id: "") { status stepStats { status } } }`);
type _Run = NonNullable<ResultOf<typeof _statuses>["run"]>;
export type RunStatus = _Run["status"];
export type StepStatus = _Run["stepStats"][number]["status"];

export type Tone = "success" | "failure" | "running" | "warning" | "reused" | "quiet";

export type Mark =
  | "check"
  | "cross"
  | "blocked"
  | "skipped"
  | "stopped"
  | "lost"
  | "running"
  | "retrying"
  | "waiting"
  | "reused"
  | "stale"
  | "omitted";

export interface StatusLook {
  label: string;
  tone: Tone;
  mark: Mark;
}

export const RUN_STATUS: Record<RunStatus, StatusLook> = {
  QUEUED: { label: "queued", tone: "quiet", mark: "waiting" },
  STARTING: { label: "starting", tone: "running", mark: "running" },
  RUNNING: { label: "running", tone: "running", mark: "running" },
  SUCCESS: { label: "success", tone: "success", mark: "check" },
  FAILURE: { label: "failure", tone: "failure", mark: "cross" },
  CANCELING: { label: "canceling", tone: "warning", mark: "stopped" },
  CANCELED: { label: "canceled", tone: "warning", mark: "stopped" },
};

export const STEP_STATUS: Record<StepStatus, StatusLook> = {
  PENDING: { label: "pending", tone: "quiet", mark: "waiting" },
  RUNNING: { label: "running", tone: "running", mark: "running" },
  RETRYING: { label: "retrying", tone: "warning", mark: "retrying" },
  SUCCESS: { label: "success", tone: "success", mark: "check" },
  FAILURE: { label: "failure", tone: "failure", mark: "cross" },
  SKIPPED: { label: "skipped", tone: "quiet", mark: "skipped" },
  BLOCKED: { label: "blocked", tone: "warning", mark: "blocked" },
  CANCELED: { label: "canceled", tone: "warning", mark: "stopped" },
  LOST: { label: "lost", tone: "warning", mark: "lost" },
  REUSED: { label: "reused", tone: "reused", mark: "reused" },
  OMITTED: { label: "omitted", tone: "quiet", mark: "omitted" },
};

/** The order in which counts of steps are told: what asks for attention first. */
export const STEP_STATUSES_BY_URGENCY: readonly StepStatus[] = [
  "FAILURE",
  "LOST",
  "BLOCKED",
  "CANCELED",
  "RETRYING",
  "RUNNING",
  "PENDING",
  "SUCCESS",
  "REUSED",
  "SKIPPED",
  "OMITTED",
];

const ENDED: ReadonlySet<RunStatus> = new Set<RunStatus>(["SUCCESS", "FAILURE", "CANCELED"]);

export function hasEnded(status: RunStatus): boolean {
  return ENDED.has(status);
}
