// A recorded output that was gone or damaged when it was to be loaded, and the way to make it again.
import { Play } from "lucide-react";
import { writtenKey } from "../selection/selection-text";
import { Button } from "../shared/Button";
import type { MissingInputError } from "./attempt-words";
import { useRunSearch } from "./use-run-search";

/** The step that made it is selected, and what that would execute is shown. */
export function MissingInput({ missing: { message, stepKey } }: { missing: MissingInputError }) {
  const [, change] = useRunSearch();
  return (
    <div className="max-w-4xl space-y-2.5 rounded-md bg-failure-soft px-3 py-2.5 text-failure-ink">
      <p className="font-semibold">An input could not be loaded</p>
      <p className="text-sm [overflow-wrap:anywhere]">{message}</p>
      <Button
        className="max-w-full"
        onClick={() => change({ selection: writtenKey(stepKey), plan: "FROM_SELECTED" })}
      >
        <Play aria-hidden size={15} className="shrink-0" />
        <span className="truncate">Re-execute {stepKey} and what follows</span>
      </Button>
    </div>
  );
}
