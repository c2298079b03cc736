// The plan of a re-execution, looked at before it is launched.
import { useEffect, useRef } from "react";
import { writtenKey } from "../selection/selection-text";
import { Button } from "../shared/Button";
import { Dialog } from "../shared/Dialog";
import { useMe } from "../shared/me";
import { LaunchButton } from "./LaunchButton";
import { LaunchNotice } from "./LaunchNotice";
import { PlanLead } from "./PlanLead";
import { PlanView } from "./PlanView";
import type { Plan, Strategy } from "./plan-fields";
import { difference } from "./plan-view";
import { ReexecutionFields } from "./ReexecutionFields";
import type { ReexecuteRun } from "./reexecute-run";
import { needsSelection } from "./strategies";
import { useLaunchReexecution } from "./use-launch-reexecution";
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
    const begun = needsSelection(strategy) ? [selectionText] : keys.map(writtenKey);
    const next = needsSelection(strategy) ? strategy : "SELECTED_STEPS";
    onStrategyChange(next, [...begun, ...added.map(writtenKey)].join(", "));
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
              difference={launching.kind === "changed" ? difference(looked.current, launching.plan) : ""}
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
        <PlanView answer={answer} plan={plan} onAddSteps={addSteps} isUnreadable={draft.isUnreadable} />
        <ReexecutionFields run={run} draft={draft} configProblem={answer.problem} onSubmit={launch} />
      </div>
    </Dialog>
  );
}
