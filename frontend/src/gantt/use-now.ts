// What time it is in a run, since its start.
import { useState } from "react";
import type { Milliseconds } from "../shared/time";
import { useClock } from "../shared/use-clock";
import type { GanttLayout } from "./gantt-layout";

const TICK: Milliseconds = 1000;

export interface Now {
  /** As words tell it. */
  time: Milliseconds;
  /** Where a line that moves until the clock's next tick arrives. */
  nextTime: Milliseconds;
  isLive: boolean;
}

/** A browser's clock may be behind the service's: it is at least as late as what is known to have happened. */
export function useNow({ origin, last }: GanttLayout, isLive: boolean): Now {
  const clock = useClock(isLive);
  const [firstClock] = useState(clock);
  if (!isLive) return { time: last, nextTime: last, isLive };
  const time = Math.max(clock - origin, last, 0);
  return { time, nextTime: clock === firstClock ? time : time + TICK, isLive };
}
