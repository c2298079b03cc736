// The plan of a re-execution, looked at before it is launched.
import { useEffect, useRef } from "react";
import { withSteps, writtenKey } from "../selection/selection-text";
import { Button } from "../shared/Button";
import { Dialog } from "../shared/Dialog";
import { WarningMessage } from "../shared/ErrorMessage";
import { useMe } from "../shared/me";
import { LaunchButton } from "./LaunchButton";
import { LaunchNotice } from "./LaunchNotice";
import { PlanLead } from "./PlanLead";
import { PlanView } from "./PlanView";
import { difference } from "./plan-change";
import type { Plan, Strategy } from "./plan-fields";
import { ReexecutionFields } from "./ReexecutionFields";
import type { ReexecuteRun } from "./reexecute-run";
import { needsSelection } from "./strategies";
import { useLaunchReexecution } from "./use-launch-reexecution";
import { usePlanChange } from "./use-plan-change";
import { useReexecutionDraft } from "./use-reexecution-draft";
import { useReexecutionPlan, withoutPlan } from "./use-reexecution-plan";
import { useSubmitKey } from "./use-submit-key";
import { whyNotLaunch } from "./why-not-launch";

interface PlanDialogProps {
  run: ReexecuteRun;
  strategy: Strategy;
  selectionText: string;
  /** What the strategy would execute, as far as that is known without its plan. */
  stepKeys: readonly string[];
  onStrategyChange: (strategy: Strategy | undefined, selectionText?: string) => void;
  onLaunched: (runId: string) => void;
}

export function PlanDialog(props: PlanDialogProps) {
  const { run, strategy, selectionText, stepKeys, onStrategyChange, onLaunched } = props;
  const me = useMe();
  const draft = useReexecutionDraft(run, strategy, selectionText);
  const answer = useReexecutionPlan(draft.asked, draft.isUnreadable);
  const { launching, launchPlan } = useLaunchReexecution(draft.asked, draft.tags, onLaunched);

  const plan = launching.kind === "changed" ? launching.plan : answer.plan;
  const { askAgain } = answer;
  const hasChanged = launching.kind === "changed";
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when a launch shows that the plan is another now
  useEffect(() => {
    if (hasChanged) askAgain();
  }, [hasChanged]);

  const [changeTold, dismissChange] = usePlanChange(
    draft.asked,
    hasChanged || answer.isAsking || draft.isUnreadable ? null : answer.plan,
  );

  // A plan that a refused launch brought to light needs no asking.
  const isAsking = answer.isAsking && !hasChanged;
  const whyNot = whyNotLaunch(me, draft, { isAsking, plan });
  const looked = useRef<Plan | null>(null);
  const launch = () => {
    if (plan === null || whyNot !== null) return;
    looked.current = plan;
    launchPlan(plan, draft.reason);
  };
  useSubmitKey(launch);

  const addSteps = (added: readonly string[]) => {
    const keys = plan?.stepKeysToExecute ?? stepKeys;
    if (needsSelection(strategy)) onStrategyChange(strategy, withSteps(selectionText, added));
    else onStrategyChange("SELECTED_STEPS", withSteps(keys.map(writtenKey).join(", "), added));
  };

  return (
    <Dialog
      title="Re-execution plan"
      lead={
        <PlanLead
          strategy={strategy}
          selectionText={selectionText}
          runId={run.id}
          plan={plan}
          otherwise={withoutPlan(answer)}
        />
      }
      onClose={() => onStrategyChange(undefined)}
      footer={
        <>
          <div className="w-full empty:hidden">
            <LaunchNotice
              launching={launching}
              difference={
                launching.kind === "changed" && looked.current
                  ? difference(looked.current, launching.plan)
                  : ""
              }
            />
          </div>
          <Button onClick={() => onStrategyChange(undefined)}>Cancel</Button>
          <LaunchButton
            isLaunching={launching.kind === "launching"}
            disabledReason={whyNot}
            onLaunch={launch}
          />
        </>
      }
    >
      <div className="space-y-5">
        <PlanChanged what={changeTold} onDismiss={dismissChange} />
        <PlanView
          answer={answer}
          plan={plan}
          onAddSteps={addSteps}
          onFromChanged={strategy === "FROM_CHANGED" ? null : () => onStrategyChange("FROM_CHANGED")}
          isUnreadable={draft.isUnreadable}
        />
        <ReexecutionFields run={run} draft={draft} configProblem={answer.problem} onSubmit={launch} />
      </div>
    </Dialog>
  );
}

/** What was looked at is no more: that is said, not only shown. */
function PlanChanged({ what, onDismiss }: { what: string | null; onDismiss: () => void }) {
  return (
    <div role="status" className="empty:hidden">
      {what !== null && (
        <WarningMessage
          title="The plan changed while you looked at it"
          action={
            <Button size="sm" onClick={onDismiss}>
              Seen
            </Button>
          }
        >
          <p>{what}</p>
        </WarningMessage>
      )}
    </div>
  );
}
