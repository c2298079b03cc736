// Clicks on steps, each of which counts on the one before it.
import { useCallback, useEffect, useRef } from "react";
import type { StepClick } from "../gantt/GanttChart";
import { afterShowing, clicked, type Made, madeBy, pickedNow, type Shown } from "./step-click";
import type { ChangeSearch } from "./use-run-search";

export function useStepClicks(shown: Shown, change: ChangeSearch): (key: string, how: StepClick) => void {
  const latest = useRef(shown);
  const last = useRef<Made | null>(null);
  useEffect(() => {
    latest.current = shown;
    last.current = afterShowing(shown.text, last.current);
  });

  return useCallback(
    (key: string, how: StepClick) => {
      const picked = pickedNow(latest.current, last.current);
      last.current = madeBy(key, how, latest.current, last.current);
      change(clicked(key, how, picked));
    },
    [change],
  );
}
