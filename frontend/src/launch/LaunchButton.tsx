// Launches what the plan shows.
import { LoaderCircle, Play } from "lucide-react";
import { ReasonButton } from "./ReasonButton";

interface LaunchButtonProps {
  isLaunching: boolean;
  disabledReason: string | null;
  onLaunch: () => void;
}

export function LaunchButton({ isLaunching, disabledReason, onLaunch }: LaunchButtonProps) {
  return (
    <ReasonButton
      kind="primary"
      className="min-w-28"
      disabledReason={isLaunching ? "It is being launched." : disabledReason}
      hint="Ctrl + Enter"
      onClick={onLaunch}
    >
      {isLaunching ? (
        <LoaderCircle aria-hidden size={15} className="animate-spin" />
      ) : (
        <Play aria-hidden size={15} />
      )}
      {isLaunching ? "Launching …" : "Launch"}
    </ReasonButton>
  );
}
