// What can be done with all runs that the filters list, and with those that are picked.
import { Link, useNavigate } from "@tanstack/react-router";
import { Columns2, OctagonX, Play } from "lucide-react";
import { useState } from "react";
import { ReasonButton } from "../launch/ReasonButton";
import type { RunFilter } from "../runs/runs-filter";
import type { ListedRun } from "../runs/runs-queries";
import { Button, buttonLook } from "../shared/Button";
import { useMe } from "../shared/me";
import { BulkDialog } from "./BulkDialog";
import type { BulkAction } from "./bulk-queries";
import { runsText, VERBS } from "./bulk-words";
import { SelectedRunsDialog } from "./SelectedRunsDialog";

function useWhyNot(): string | null {
  const me = useMe();
  return me?.canLaunch === false
    ? `${me.name} may only look: launching and canceling need an operator's token.`
    : null;
}

interface FilteredRunsActionProps {
  filter: RunFilter;
  /** How many runs match; null until it is known. */
  count: number | null;
}

/** Offered where something is filtered: active runs are cancelled, others re-executed. */
export function FilteredRunsAction({ filter, count }: FilteredRunsActionProps) {
  const [isOpen, setIsOpen] = useState(false);
  const navigate = useNavigate();
  const whyNot = useWhyNot();
  const action: BulkAction = filter.statuses?.includes("RUNNING") ? "CANCEL" : "REEXECUTE";
  if (count === null || count === 0) return null;
  const Icon = action === "CANCEL" ? OctagonX : Play;
  return (
    <>
      <ReasonButton disabledReason={whyNot} onClick={() => setIsOpen(true)}>
        <Icon aria-hidden size={15} />
        {count > 10_000 ? `${VERBS[action]} all runs …` : `${VERBS[action]} ${runsText(count)} …`}
      </ReasonButton>
      {isOpen && (
        <BulkDialog
          action={action}
          filter={filter}
          onClose={() => setIsOpen(false)}
          onStarted={(bulk) => {
            setIsOpen(false);
            void navigate({ to: "/", search: (old) => ({ ...old, bulk }) });
          }}
        />
      )}
    </>
  );
}

interface SelectedRunsBarProps {
  runs: readonly ListedRun[];
  onClear: () => void;
}

/** As many as the service takes at once. */
export const MOST_SELECTED = 100;

export function SelectedRunsBar({ runs, onClear }: SelectedRunsBarProps) {
  const [isOpen, setIsOpen] = useState(false);
  const whyNot = useWhyNot();
  const tooMany =
    runs.length > MOST_SELECTED ? `At most ${MOST_SELECTED} at once: filter the list instead.` : null;
  const [older, newer] = [...runs].sort((one, other) => one.createdAt.localeCompare(other.createdAt));
  return (
    <section aria-label="Selected runs" className="panel flex flex-wrap items-center gap-2 px-4 py-2">
      <p role="status" className="mr-auto font-medium">
        {runsText(runs.length)} selected
      </p>
      {runs.length === 2 && older && newer && (
        <Link
          to="/compare/$base/$other"
          params={{ base: older.id, other: newer.id }}
          className={buttonLook("secondary", "sm")}
        >
          <Columns2 aria-hidden size={14} /> Compare
        </Link>
      )}
      <ReasonButton size="sm" disabledReason={whyNot ?? tooMany} onClick={() => setIsOpen(true)}>
        <Play aria-hidden size={14} /> Re-execute {runsText(runs.length)} …
      </ReasonButton>
      <Button size="sm" kind="quiet" onClick={onClear}>
        Clear
      </Button>
      {isOpen && (
        <SelectedRunsDialog
          runs={runs}
          onClose={() => {
            setIsOpen(false);
            onClear();
          }}
        />
      )}
    </section>
  );
}
