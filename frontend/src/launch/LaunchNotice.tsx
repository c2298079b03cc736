// What came of a launch that did not start a run.
import { ErrorMessage, WarningMessage } from "../shared/ErrorMessage";
import { PlanProblem } from "./PlanProblem";
import type { Launching } from "./use-launching";

interface LaunchNoticeProps {
  launching: Launching;
  /** What differs in the plan that would be made now. */
  difference?: string;
}

export function LaunchNotice({ launching, difference }: LaunchNoticeProps) {
  switch (launching.kind) {
    case "refused":
      return <PlanProblem title="Nothing was launched" problem={launching.problem} onAddSteps={null} />;
    case "changed":
      return (
        <div role="alert">
          <WarningMessage title="The plan has changed, nothing was launched">
            <p>{difference} Look at the new plan, then launch again.</p>
          </WarningMessage>
        </div>
      );
    case "failed":
      return (
        <ErrorMessage title="The service could not launch it">
          <p>{launching.message}</p>
        </ErrorMessage>
      );
    case "lost":
      return (
        <ErrorMessage title="No answer came, the run may have been launched or not">
          <p>
            The service could not be reached. Launch again when it is there: it is sent under the same key, so
            that one run is made at most.
          </p>
        </ErrorMessage>
      );
    default:
      return null;
  }
}
