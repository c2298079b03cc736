// What a plan warns of, and what would mend it.
import { WarningMessage } from "../shared/ErrorMessage";
import { AddStepsButton } from "./PlanProblem";
import type { PlanWarning } from "./plan-fields";

interface PlanWarningsProps {
  warnings: readonly PlanWarning[];
  /** Null where steps cannot be added from here. */
  onAddSteps: ((stepKeys: readonly string[]) => void) | null;
}

export function PlanWarnings({ warnings, onAddSteps }: PlanWarningsProps) {
  return warnings.map((warning) => (
    <WarningMessage key={`${warning.kind} ${warning.stepKey} ${warning.message}`}>
      <p>{warning.message}</p>
      {onAddSteps && warning.stepKeysToAdd.length > 0 && (
        <div className="mt-1.5">
          <AddStepsButton stepKeys={warning.stepKeysToAdd} onAddSteps={onAddSteps} />
        </div>
      )}
    </WarningMessage>
  ));
}
