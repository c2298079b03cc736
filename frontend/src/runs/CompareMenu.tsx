// Puts the run that is looked at beside another one of its group.
import { useNavigate } from "@tanstack/react-router";
import { Columns2 } from "lucide-react";
import { IconButton } from "../shared/Button";
import { Menu, MenuItem, MenuLabel } from "../shared/Menu";
import { shortRunId } from "../shared/run-id";
import { StatusMark } from "../shared/StatusTag";
import { RUN_STATUS } from "../shared/status";
import { comparableRuns } from "./comparable-runs";
import { originText } from "./run-words";
import type { GroupRun } from "./use-group";

export function CompareMenu({ runs, runId }: { runs: readonly GroupRun[]; runId: string }) {
  const navigate = useNavigate();
  return (
    <Menu
      trigger={
        <IconButton label="Compare with another run">
          <Columns2 aria-hidden size={16} />
        </IconButton>
      }
    >
      <MenuLabel>Compare this run with</MenuLabel>
      {comparableRuns(runs, runId).map(({ run, isParent, params }) => (
        <MenuItem key={run.id} onSelect={() => void navigate({ to: "/compare/$base/$other", params })}>
          <StatusMark look={RUN_STATUS[run.status]} />
          <span>
            {isParent ? "its parent, " : ""}
            {originText(run)}
          </span>
          <span className="ml-auto pl-3 font-mono text-xs text-muted">{shortRunId(run.id)}</span>
        </MenuItem>
      ))}
    </Menu>
  );
}
