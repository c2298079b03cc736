// Says of a group that what it has come to does not fit together, and what mends that.
import { Link } from "@tanstack/react-router";
import { buttonLook } from "../shared/Button";
import { WarningMessage } from "../shared/ErrorMessage";
import type { RunGroup } from "./use-group";
import { useStaleNow } from "./use-stale";

const NAMED = 5;

export function MixedGroup({ group }: { group: RunGroup }) {
  const stale = useStaleNow(group);
  if (stale.length === 0) return null;
  const named = stale.slice(0, NAMED).join(", ");
  const more = stale.length > NAMED ? ` and ${(stale.length - NAMED).toLocaleString("en")} more` : "";
  return (
    <div className="pb-2">
      <WarningMessage title="Mixed: its results do not fit together">
        <p>
          {stale.length === 1 ? "The result of " : "The results of "}
          <span className="[overflow-wrap:anywhere]">
            {named}
            {more}
          </span>{" "}
          {stale.length === 1 ? "was" : "were"} made from data, code or config that has since been replaced.
          Re-execute from changed: it executes what has changed and all that follows.
        </p>
        <Link
          to="/runs/$runId"
          params={{ runId: group.newestRun.id }}
          search={{ plan: "FROM_CHANGED" as const }}
          className={`${buttonLook("secondary", "sm")} mt-1.5`}
        >
          From changed …
        </Link>
      </WarningMessage>
    </div>
  );
}
