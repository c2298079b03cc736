// A status in a word, a mark and a colour.
import clsx from "clsx";
import {
  Ban,
  Check,
  CircleDashed,
  CircleSlash,
  Clock3,
  Link2,
  LoaderCircle,
  type LucideIcon,
  Minus,
  RotateCcw,
  SkipForward,
  TriangleAlert,
  Unplug,
  X,
} from "lucide-react";
import {
  type Mark,
  RUN_STATUS,
  type RunStatus,
  STEP_STATUS,
  type StatusLook,
  type StepStatus,
} from "./status";
import { INK, SOFT } from "./tone";

const ICONS: Record<Mark, LucideIcon> = {
  check: Check,
  cross: X,
  blocked: CircleSlash,
  skipped: SkipForward,
  stopped: Ban,
  lost: Unplug,
  running: LoaderCircle,
  retrying: RotateCcw,
  waiting: Clock3,
  reused: Link2,
  stale: TriangleAlert,
  omitted: Minus,
};

export function StatusMark({ look, size = 14 }: { look: StatusLook; size?: number }) {
  const Icon = ICONS[look.mark] ?? CircleDashed;
  const turns = look.mark === "running" && "animate-spin";
  return (
    <Icon aria-hidden size={size} strokeWidth={2.4} className={clsx("shrink-0", INK[look.tone], turns)} />
  );
}

function Tag({ look }: { look: StatusLook }) {
  return (
    <span
      className={clsx(
        "inline-flex items-center gap-1 whitespace-nowrap rounded-full px-2 py-0.5 text-xs font-medium",
        SOFT[look.tone],
      )}
    >
      <StatusMark look={look} size={12} />
      {look.label}
    </span>
  );
}

export function RunStatusTag({ status }: { status: RunStatus }) {
  return <Tag look={RUN_STATUS[status]} />;
}

export function StepStatusTag({ status }: { status: StepStatus }) {
  return <Tag look={STEP_STATUS[status]} />;
}
