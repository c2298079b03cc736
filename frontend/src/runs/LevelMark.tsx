// The level of an event in a word, a mark and a colour.
import clsx from "clsx";
import { Bug, CircleX, Info, type LucideIcon, OctagonAlert, TriangleAlert } from "lucide-react";
import { INK } from "../shared/tone";
import type { RunEvent } from "./use-run-events";

type Level = RunEvent["level"];

const LOOKS: Record<Level, { icon: LucideIcon; ink: string }> = {
  DEBUG: { icon: Bug, ink: INK.quiet },
  INFO: { icon: Info, ink: INK.quiet },
  WARNING: { icon: TriangleAlert, ink: INK.warning },
  ERROR: { icon: CircleX, ink: INK.failure },
  CRITICAL: { icon: OctagonAlert, ink: INK.failure },
};

export function LevelMark({ level, className }: { level: Level; className?: string }) {
  const { icon: Icon, ink } = LOOKS[level];
  return (
    <span className={clsx("inline-flex items-center gap-1 text-xs", ink, className)}>
      <Icon aria-hidden size={12} strokeWidth={2.2} className="shrink-0" />
      {level.toLowerCase()}
    </span>
  );
}
