// What is to be launched, beside what will come of it.
import { useNavigate } from "@tanstack/react-router";
import { withSteps } from "../selection/selection-text";
import { useMe } from "../shared/me";
import { LaunchButton } from "./LaunchButton";
import { LaunchInputs } from "./LaunchInputs";
import { LaunchNotice } from "./LaunchNotice";
import type { LaunchedPipeline, LikeRun } from "./launch-queries";
import { Totals } from "./PlanLead";
import { PlanView } from "./PlanView";
import { useConfigProblems } from "./use-config-problems";
import { useLaunchDraft } from "./use-launch-draft";
import { useLaunchRun, useRunPlan } from "./use-launch-run";
import { useLaunchSearch } from "./use-launch-search";
import { withoutPlan } from "./use-reexecution-plan";
import { useSubmitKey } from "./use-submit-key";
import { whyNotLaunch } from "./why-not-launch";

export function LaunchForm({ pipeline, like }: { pipeline: LaunchedPipeline; like: LikeRun | null }) {
  const [search, change] = useLaunchSearch();
  const navigate = useNavigate();
  const me = useMe();
  const mode = [search.mode, like?.mode].find((one) => one && pipeline.modes.includes(one));
  const selectionText = search.selection ?? "";
  const draft = useLaunchDraft(pipeline, like, mode ?? pipeline.modes[0] ?? "", selectionText);
  const answer = useRunPlan(draft.asked, draft.isUnreadable || draft.configText === null);
  const { launching, launchRun } = useLaunchRun(
    draft.asked,
    draft.tags,
    (runId) => void navigate({ to: "/runs/$runId", params: { runId } }),
  );
  const configProblems = useConfigProblems(draft, answer.problem);

  const whyNot = whyNotLaunch(me, draft, answer);
  const launch = () => whyNot === null && launchRun(draft.reason);
  useSubmitKey(launch);

  return (
    <form
      className="grid items-start gap-4 lg:grid-cols-2"
      onSubmit={(event) => {
        event.preventDefault();
        launch();
      }}
    >
      <LaunchInputs
        pipeline={pipeline}
        draft={draft}
        configProblems={configProblems}
        selectionText={selectionText}
        change={change}
      />
      <section aria-labelledby="plan-title" className="panel min-w-0 lg:sticky lg:top-17">
        <header className="flex items-start justify-between gap-3 border-b border-line px-4 py-3">
          <div className="min-w-0">
            <h2 id="plan-title" className="text-lg font-semibold">
              Plan
            </h2>
            <Totals plan={answer.plan} otherwise={withoutPlan(answer)} />
          </div>
          <LaunchButton
            isLaunching={launching.kind === "launching"}
            disabledReason={whyNot}
            onLaunch={launch}
          />
        </header>
        <div className="space-y-3 p-4 lg:max-h-[calc(100dvh-10rem)] lg:overflow-auto">
          <LaunchNotice launching={launching} />
          <PlanView
            answer={answer}
            plan={answer.plan}
            isConfigShown
            isUnreadable={draft.isUnreadable}
            onAddSteps={(added) => change({ selection: withSteps(selectionText, added) })}
          />
        </div>
      </section>
    </form>
  );
}
