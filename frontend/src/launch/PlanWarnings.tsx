// What a plan warns of, kind by kind, and what would mend it.
import { useState } from "react";
import { Button } from "../shared/Button";
import { WarningMessage } from "../shared/ErrorMessage";
import { AddStepsButton } from "./PlanProblem";
import type { PlanWarning } from "./plan-fields";
import { type WarningGroup, warningGroups } from "./plan-warnings";

interface PlanWarningsProps {
  warnings: readonly PlanWarning[];
  /** Null where steps cannot be added from here. */
  onAddSteps: ((stepKeys: readonly string[]) => void) | null;
  /** Null where that is no way out. */
  onFromChanged: (() => void) | null;
}

const FEW = 3;

export function PlanWarnings({ warnings, onAddSteps, onFromChanged }: PlanWarningsProps) {
  const groups = warningGroups(warnings);
  if (groups.length === 0) return null;
  return (
    <section aria-label="Warnings" className="space-y-2">
      {groups.map((group) => (
        <Warning
          key={group.kind}
          group={group}
          onAddSteps={onAddSteps}
          onFromChanged={group.mendedFromChanged ? onFromChanged : null}
        />
      ))}
    </section>
  );
}

interface WarningProps extends Omit<PlanWarningsProps, "warnings"> {
  group: WarningGroup;
}

function Warning({ group, onAddSteps, onFromChanged }: WarningProps) {
  const [isOpen, setIsOpen] = useState(false);
  const { messages, stepKeysToAdd } = group;
  const shown = isOpen ? messages : messages.slice(0, FEW);
  const hidden = messages.length - shown.length;
  const canAdd = onAddSteps !== null && stepKeysToAdd.length > 0;
  return (
    <WarningMessage title={group.title}>
      {messages.length === 1 ? (
        <p>{messages[0]}</p>
      ) : (
        <ul className="max-h-60 list-disc overflow-auto pl-5">
          {shown.map((message) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
      {(hidden > 0 || canAdd || onFromChanged) && (
        <div className="mt-1.5 flex flex-wrap gap-2">
          {hidden > 0 && (
            <Button size="sm" onClick={() => setIsOpen(true)}>
              Show {hidden.toLocaleString("en")} more
            </Button>
          )}
          {canAdd && <AddStepsButton stepKeys={stepKeysToAdd} onAddSteps={onAddSteps} />}
          {onFromChanged && (
            <Button size="sm" onClick={onFromChanged}>
              From changed instead
            </Button>
          )}
        </div>
      )}
    </WarningMessage>
  );
}
