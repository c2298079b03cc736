// The time of day, once a second, for those who show how long something has been going on.
import { useEffect, useState } from "react";
import type { Milliseconds } from "./time";

/** Now, renewed every second while `isTicking`. */
export function useClock(isTicking: boolean): Milliseconds {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isTicking) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isTicking]);
  return now;
}
