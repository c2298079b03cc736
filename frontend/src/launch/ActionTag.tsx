// What a plan does with a step: in a word, a mark and a colour.
import clsx from "clsx";
import { Link2, type LucideIcon, Minus, Play } from "lucide-react";
import type { Tone } from "../shared/status";
import { SOFT } from "../shared/tone";
import type { StepAction } from "./plan-fields";

const LOOKS: Record<StepAction, { word: string; icon: LucideIcon; tone: Tone }> = {
  EXECUTE: { word: "execute", icon: Play, tone: "running" },
  REUSE: { word: "reuse", icon: Link2, tone: "reused" },
  OMIT: { word: "leave out", icon: Minus, tone: "quiet" },
};

export function ActionTag({ action }: { action: StepAction }) {
  const { word, icon: Icon, tone } = LOOKS[action];
  return (
    <span
      className={clsx(
        "inline-flex items-center gap-1 whitespace-nowrap rounded-full px-2 py-0.5 text-xs font-medium",
        SOFT[tone],
      )}
    >
      <Icon aria-hidden size={12} strokeWidth={2.4} />
      {word}
    </span>
  );
}
