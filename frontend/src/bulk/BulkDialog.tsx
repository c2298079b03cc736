// What would be done with every run that a filter lists, looked at before it is started.
import { useState } from "react";
import { useMutation, useQuery } from "urql";
import { ReasonField } from "../launch/LaunchFields";
import { ReasonButton } from "../launch/ReasonButton";
import { useKey } from "../launch/use-launch-reexecution";
import type { RunFilter } from "../runs/runs-filter";
import { Button } from "../shared/Button";
import { Dialog } from "../shared/Dialog";
import { ErrorMessage, QueryError } from "../shared/ErrorMessage";
import { LoadingPanel } from "../shared/Skeleton";
import { type BulkAction, type BulkPlan, bulkPlanQuery, startBulkMutation } from "./bulk-queries";
import { acceptedOf, filterText, planText, runsText, VERBS } from "./bulk-words";
import { Refusals } from "./Refusals";
import { type BulkStrategy, StrategyField } from "./StrategyField";

interface BulkDialogProps {
  action: BulkAction;
  filter: RunFilter;
  onClose: () => void;
  onStarted: (bulkId: string) => void;
}

export function BulkDialog({ action, filter, onClose, onStarted }: BulkDialogProps) {
  const [strategy, setStrategy] = useState<BulkStrategy>("FROM_FAILURE");
  const [reason, setReason] = useState("");
  const asked = { action, filter, strategy: action === "CANCEL" ? null : strategy };
  const [{ data, error, fetching }, ask] = useQuery({
    query: bulkPlanQuery,
    variables: asked,
    requestPolicy: "network-only",
  });
  const plan = fetching ? null : (data?.bulkPlan ?? null);
  const { problem, isStarting, start } = useStart(asked, onStarted, () =>
    ask({ requestPolicy: "network-only" }),
  );
  const whyNot = whyNotStart(plan, isStarting);
  return (
    <Dialog
      title={`${VERBS[action]} many runs`}
      lead={<p>All {filterText(filter)}.</p>}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          <ReasonButton
            kind="primary"
            disabledReason={whyNot}
            onClick={() => plan && void start(plan.runs, reason)}
          >
            {plan && acceptedOf(plan) > 0 ? `${VERBS[action]} ${runsText(acceptedOf(plan))}` : VERBS[action]}
          </ReasonButton>
        </>
      }
    >
      <div className="space-y-4">
        {action === "REEXECUTE" && <StrategyField value={strategy} onChange={setStrategy} />}
        {error && <QueryError error={error} onRetry={() => ask({ requestPolicy: "network-only" })} />}
        {!plan && !error && <LoadingPanel label="Making the plans" className="h-16" />}
        {plan && <Planned action={action} plan={plan} />}
        {problem && <ErrorMessage title="Nothing was started">{problem}</ErrorMessage>}
        <ReasonField value={reason} onChange={setReason} />
      </div>
    </Dialog>
  );
}

function Planned({ action, plan }: { action: BulkAction; plan: BulkPlan }) {
  return (
    <div className="space-y-2">
      <p role="status" className="font-medium">
        {planText(action, plan)}
      </p>
      <Refusals title="These would be refused" refusals={plan.refusals} />
      <p className="text-sm text-muted">
        The service does it, run after run: you may leave this page. What is launched by hand goes first.
      </p>
    </div>
  );
}

function whyNotStart(plan: BulkPlan | null, isStarting: boolean): string | null {
  if (isStarting) return "It is being started.";
  if (plan === null) return "The plans are being made …";
  if (plan.runs === 0) return "No run matches any more.";
  return acceptedOf(plan) === 0 ? "Every run would be refused." : null;
}

interface Asked {
  action: BulkAction;
  filter: RunFilter;
  strategy: BulkStrategy | null;
}

/** Starts it, once; where the count has moved from the one that was looked at, the plan is asked again. */
function useStart(asked: Asked, onStarted: (bulkId: string) => void, askAgain: () => void) {
  const [{ fetching: isStarting }, send] = useMutation(startBulkMutation);
  const [problem, setProblem] = useState<string | null>(null);
  const idempotencyKey = useKey(JSON.stringify(asked));

  async function start(expectedCount: number, reason: string): Promise<void> {
    setProblem(null);
    const variables = { ...asked, expectedCount, reason: reason.trim() || null, idempotencyKey };
    const { data, error } = await send(variables);
    const answer = data?.startBulk;
    if (answer?.__typename === "StartBulkSuccess") return onStarted(answer.bulk.id);
    if (answer?.__typename === "BulkCountChangedError") askAgain();
    setProblem(
      answer?.message ??
        error?.graphQLErrors[0]?.message ??
        "The service does not answer, so it may have been started or not. Start it again: it is sent under the same key, so that it is started once at most.",
    );
  }

  return { problem, isStarting, start };
}
