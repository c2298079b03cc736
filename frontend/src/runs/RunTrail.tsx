// The runs of a group in a row of marks, oldest first, each a link.
import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { shortRunId } from "../shared/run-id";
import { StatusMark } from "../shared/StatusTag";
import { RUN_STATUS, type RunStatus } from "../shared/status";
import { SOFT } from "../shared/tone";
import { trailOf } from "./trail";

interface TrailRun {
  id: string;
  status: RunStatus;
}

export function RunTrail({ runs }: { runs: readonly TrailRun[] }) {
  const { first, hidden, last } = trailOf(runs);
  return (
    <ol
      aria-label="Runs of the group"
      className={clsx("relative z-10 w-fit items-center gap-1", runs.length > 1 ? "flex" : "hidden md:flex")}
    >
      {first && <Mark run={first} isNewest={false} />}
      {hidden > 0 && (
        <li className="text-xs text-muted" data-numeric>
          +{hidden}
        </li>
      )}
      {last.map((run, index) => (
        <Mark key={run.id} run={run} isNewest={index === last.length - 1} />
      ))}
    </ol>
  );
}

function Mark({ run, isNewest }: { run: TrailRun; isNewest: boolean }) {
  const look = RUN_STATUS[run.status];
  return (
    <li>
      <Link
        to="/runs/$runId"
        params={{ runId: run.id }}
        title={`${look.label}, run ${shortRunId(run.id)}`}
        aria-label={`Run ${shortRunId(run.id)}, ${look.label}`}
        className={clsx(
          "grid place-items-center rounded-full hover:ring-2 hover:ring-line-strong",
          isNewest ? "size-6" : "size-5 opacity-80",
          SOFT[look.tone],
        )}
      >
        <StatusMark look={look} size={isNewest ? 14 : 11} />
      </Link>
    </li>
  );
}
