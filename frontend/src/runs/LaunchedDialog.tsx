// What the run was launched with: its config, or its plan.
import { Dialog } from "../shared/Dialog";
import { LaunchedConfig } from "./LaunchedConfig";
import { LaunchedPlan } from "./LaunchedPlan";
import { useRunSearch } from "./use-run-search";

interface LaunchedDialogProps {
  runId: string;
  what: "config" | "plan";
}

export function LaunchedDialog({ runId, what }: LaunchedDialogProps) {
  const [, change] = useRunSearch();
  const close = () => change({ launched: undefined });
  return what === "config" ? (
    <Dialog title="Config of the run" lead="As it was launched, with defaults filled in." onClose={close}>
      <LaunchedConfig runId={runId} />
    </Dialog>
  ) : (
    <Dialog
      title="Plan as launched"
      lead="What was decided for each step before the run began."
      onClose={close}
    >
      <LaunchedPlan runId={runId} />
    </Dialog>
  );
}
