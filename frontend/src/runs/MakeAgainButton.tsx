// Mends an output that is gone or damaged: the step that made it is selected, and what that would execute is shown.
import { Play } from "lucide-react";
import { writtenKey } from "../selection/selection-text";
import { Button } from "../shared/Button";
import { useRunSearch } from "./use-run-search";

export function MakeAgainButton({ stepKey }: { stepKey: string }) {
  const [, change] = useRunSearch();
  return (
    <Button
      className="max-w-full"
      onClick={() => change({ selection: writtenKey(stepKey), plan: "FROM_SELECTED" })}
    >
      <Play aria-hidden size={15} className="shrink-0" />
      <span className="truncate">Re-execute {stepKey} and what follows</span>
    </Button>
  );
}
