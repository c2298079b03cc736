// The ways to re-execute a run; those that cannot be used now say why.
import clsx from "clsx";
import { ChevronDown } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { useEffect, useId } from "react";
import { buttonLook } from "../shared/Button";
import { MENU_ITEM, Menu, MenuLabel } from "../shared/Menu";
import type { Strategy } from "./plan-fields";
import { type Choice, choices, countedLabel, type Situation } from "./reexecution-choices";
import { useReexecutionPlan } from "./use-reexecution-plan";

interface ReexecuteMenuProps {
  runId: string;
  situation: Situation;
  selectionText: string;
  askAgain: () => void;
  onChoose: (strategy: Strategy) => void;
}

export function ReexecuteMenu(props: ReexecuteMenuProps) {
  return (
    <Menu
      trigger={
        <button
          type="button"
          aria-label="Re-execution options"
          title="Re-execution options"
          className={clsx(buttonLook("primary"), "rounded-l-none border-l-on-accent/30 px-2")}
        >
          <ChevronDown aria-hidden size={16} />
        </button>
      }
    >
      <MenuItems {...props} />
    </Menu>
  );
}

/** Is there only while the menu is open: what it asks is asked when it opens. */
function MenuItems({ runId, situation, selectionText, askAgain, onChoose }: ReexecuteMenuProps) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the menu opens
  useEffect(askAgain, []);
  const fromSelected = useReexecutionPlan(
    { parentRunId: runId, strategy: "FROM_SELECTED", selection: [selectionText], runConfig: null },
    !situation.hasEnded || situation.selection.kind !== "keys" || situation.selection.stepKeys.length === 0,
  );
  const fromSelectedCount = fromSelected.plan?.stepKeysToExecute.length ?? null;
  const offered = choices({ ...situation, fromSelectedCount });
  if (offered.length === 0) return <MenuLabel>Asking what can be re-executed …</MenuLabel>;
  return offered.map((one) => (
    <ChoiceItem key={one.strategy} choice={one} onChoose={() => onChoose(one.strategy)} />
  ));
}

function ChoiceItem({ choice, onChoose }: { choice: Choice; onChoose: () => void }) {
  const meaningId = useId();
  const isDisabled = choice.disabledReason !== null;
  return (
    <DropdownMenu.Item
      aria-describedby={meaningId}
      // Not Radix's own `disabled`: arrow keys would pass it over, and nobody would hear why.
      aria-disabled={isDisabled || undefined}
      onSelect={(event) => (isDisabled ? event.preventDefault() : onChoose())}
      className={clsx(MENU_ITEM, "w-84 max-w-full")}
    >
      <div>
        <p className={clsx("font-medium", isDisabled && "text-muted")}>{countedLabel(choice)}</p>
        {/* Hidden there, it is no part of the name; as what describes the item it is told. */}
        <p id={meaningId} aria-hidden className="text-sm text-muted">
          {choice.disabledReason ?? choice.meaning}
        </p>
      </div>
    </DropdownMenu.Item>
  );
}
