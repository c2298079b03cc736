// Tells when a plan that somebody looks at has become another one, though the same was asked.
import { useEffect, useRef, useState } from "react";
import { difference } from "./plan-change";
import type { Plan } from "./plan-fields";

interface Seen {
  asked: string;
  plan: Plan;
}

/** What is otherwise than before, until it is dismissed or something else is asked; and the function that dismisses it. */
export function usePlanChange(asked: object, plan: Plan | null): [string | null, () => void] {
  const [told, setTold] = useState<{ asked: string; what: string } | null>(null);
  const seen = useRef<Seen | null>(null);
  const question = JSON.stringify(asked);
  useEffect(() => {
    if (plan === null) return;
    const before = seen.current;
    if (before?.asked === question && before.plan.id !== plan.id)
      setTold({ asked: question, what: difference(before.plan, plan) });
    seen.current = { asked: question, plan };
  }, [question, plan]);
  return [told?.asked === question ? told.what : null, () => setTold(null)];
}
