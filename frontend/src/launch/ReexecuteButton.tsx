// Re-executes a run: the cheapest way that can finish the job at once, the others in a menu, each by way of its plan.
import { Play } from "lucide-react";
import { type RefObject, useEffect, useRef } from "react";
import type { SelectionAnswer } from "../selection/use-selection";
import { useMe } from "../shared/me";
import { hasEnded } from "../shared/status";
import { PlanDialog } from "./PlanDialog";
import type { Strategy } from "./plan-fields";
import { ReasonButton } from "./ReasonButton";
import { ReexecuteMenu } from "./ReexecuteMenu";
import type { ReexecuteRun } from "./reexecute-run";
import { mainChoice, mainLabel, type Situation } from "./reexecution-choices";
import { useReexecutionOptions } from "./use-reexecution-options";

interface ReexecuteButtonProps {
  run: ReexecuteRun;
  selectionText: string;
  selection: SelectionAnswer;
  /** The strategy whose plan is being looked at. */
  strategy: Strategy | undefined;
  /** With a selection's text where it is to become that one. */
  onStrategyChange: (strategy: Strategy | undefined, selectionText?: string) => void;
  onLaunched: (runId: string) => void;
}

export function ReexecuteButton(props: ReexecuteButtonProps) {
  const { run, selectionText, selection, strategy, onStrategyChange, onLaunched } = props;
  const me = useMe();
  const { options, askAgain } = useReexecutionOptions(run);
  const situation: Situation = {
    options,
    hasEnded: hasEnded(run.status),
    canLaunch: me?.canLaunch ?? null,
    selection,
    fromSelectedCount: null,
  };
  const main = mainChoice(situation);
  const mainButton = useRef<HTMLButtonElement>(null);
  useFocusBack(mainButton, strategy !== undefined);
  return (
    <div className="flex">
      <ReasonButton
        ref={mainButton}
        kind="primary"
        className="rounded-r-none border-r-0"
        disabledReason={main === null ? "Asking what can be re-executed …" : main.disabledReason}
        hint={
          selectionText === "" ? undefined : (
            <>
              Selection: <code className="font-mono">{selectionText}</code>
            </>
          )
        }
        onClick={() => main && onStrategyChange(main.strategy)}
      >
        <Play aria-hidden size={15} /> {mainLabel(main)}
        {selectionText !== "" && (
          <code className="hidden max-w-44 truncate rounded-sm bg-on-accent/20 px-1.5 font-mono text-xs sm:inline">
            {selectionText}
          </code>
        )}
      </ReasonButton>
      <ReexecuteMenu
        runId={run.id}
        situation={situation}
        selectionText={selectionText}
        askAgain={askAgain}
        onChoose={(chosen) => onStrategyChange(chosen)}
      />
      {strategy && (
        <PlanDialog
          run={run}
          strategy={strategy}
          selectionText={selectionText}
          stepKeys={options?.find((option) => option.strategy === strategy)?.stepKeys ?? []}
          onStrategyChange={onStrategyChange}
          onLaunched={onLaunched}
        />
      )}
    </div>
  );
}

/** Where the plan was opened from the menu, what had the focus is gone when it closes. */
function useFocusBack(target: RefObject<HTMLElement | null>, isOpen: boolean): void {
  const wasOpen = useRef(isOpen);
  useEffect(() => {
    const closed = wasOpen.current && !isOpen;
    wasOpen.current = isOpen;
    if (!closed) return;
    const timer = setTimeout(() => {
      if (document.activeElement === document.body) target.current?.focus();
    });
    return () => clearTimeout(timer);
  }, [isOpen, target]);
}
