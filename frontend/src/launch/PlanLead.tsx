// What a plan amounts to, in a sentence.
import { shortRunId } from "../shared/run-id";
import { formatDuration } from "../shared/time";
import type { Plan, Strategy } from "./plan-fields";
import { totals } from "./plan-view";
import { needsSelection, strategyText } from "./strategies";

interface PlanLeadProps {
  strategy: Strategy;
  selectionText: string;
  runId: string;
  plan: Plan | null;
  /** What is said where there is no plan. */
  otherwise: string;
}

export function PlanLead({ strategy, selectionText, runId, plan, otherwise }: PlanLeadProps) {
  return (
    <>
      <p className="break-words">
        {strategyText(strategy).label}
        {needsSelection(strategy) && (
          <>
            {" "}
            <code className="rounded-sm bg-sunken px-1 font-mono text-ink">{selectionText}</code>
          </>
        )}{" "}
        of run <span className="font-mono text-xs">{shortRunId(runId)}</span>
      </p>
      <Totals plan={plan} otherwise={otherwise} />
    </>
  );
}

interface TotalsProps {
  plan: Plan | null;
  /** What is said where there is no plan. */
  otherwise: string;
}

export function Totals({ plan, otherwise }: TotalsProps) {
  return (
    <p role="status" className="min-h-6 pt-0.5 text-base font-medium text-ink">
      {plan ? `${totals(plan)}.` : <span className="font-normal text-muted">{otherwise}</span>}
      {plan?.estimatedDurationMs != null && (
        <span className="font-normal text-muted">
          {" "}
          Takes about {formatDuration(plan.estimatedDurationMs)}.
        </span>
      )}
    </p>
  );
}
