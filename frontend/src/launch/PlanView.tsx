// A plan while it is made, as it is, or why there is none.
import clsx from "clsx";
import { ErrorMessage, QueryError } from "../shared/ErrorMessage";
import { LoadingPanel } from "../shared/Skeleton";
import type { LaunchProblem } from "./launch-problem";
import { PlanProblem } from "./PlanProblem";
import { PlanSteps } from "./PlanSteps";
import { PlanWarnings } from "./PlanWarnings";
import type { Plan } from "./plan-fields";
import type { PlanAnswer } from "./use-reexecution-plan";

interface PlanViewProps {
  answer: PlanAnswer;
  /** The one to show: the answer's, or a newer one that a launch brought to light. */
  plan: Plan | null;
  onAddSteps: ((stepKeys: readonly string[]) => void) | null;
  /** Null where what has changed is executed already, or nothing is re-executed. */
  onFromChanged?: (() => void) | null;
  /** The config's text cannot be read, so there is nothing to ask. */
  isUnreadable: boolean;
  /** The config's problems are shown at their lines already. */
  isConfigShown?: boolean;
}

export function PlanView(props: PlanViewProps) {
  const { answer, plan, onAddSteps, onFromChanged = null, isUnreadable, isConfigShown = false } = props;
  const { problem, error, isAsking, askAgain } = answer;
  if (isUnreadable)
    return <ErrorMessage>The config cannot be read: see the line that is marked.</ErrorMessage>;
  if (error) return <QueryError error={error} onRetry={askAgain} />;
  if (problem?.__typename === "InvalidRunConfigError" && isConfigShown)
    return (
      <ErrorMessage>
        The config does not fit the pipeline yet: its problems are shown at their lines.
      </ErrorMessage>
    );
  if (problem) return <PlanProblem title={titleOf(problem)} problem={problem} onAddSteps={onAddSteps} />;
  if (!plan) return <LoadingPanel label="Making the plan" className="h-52" />;
  return (
    <div aria-busy={isAsking} className={clsx("space-y-3", isAsking && "opacity-60")}>
      <PlanWarnings warnings={plan.warnings} onAddSteps={onAddSteps} onFromChanged={onFromChanged} />
      <PlanSteps plan={plan} />
    </div>
  );
}

function titleOf(problem: LaunchProblem): string {
  switch (problem.__typename) {
    case "MissingOutputsError":
      return "These inputs would have nothing to load";
    case "InvalidRunConfigError":
      return "The config does not fit the pipeline";
    case "InvalidSelectionError":
      return "The selection has an error";
    default:
      return "There is no such plan";
  }
}
