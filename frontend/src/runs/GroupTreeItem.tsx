// One run in the tree of its group: a link with its status, strategy, steps, who and when.
import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { shortRunId } from "../shared/run-id";
import { StatusMark } from "../shared/StatusTag";
import { RUN_STATUS } from "../shared/status";
import { Elapsed, Moment } from "../shared/Times";
import type { TreeRow } from "./group-tree";
import { automaticText, originText, stepsText, stepsTitle } from "./run-words";
import type { GroupRun } from "./use-group";

export function GroupTreeItem({ row, isCurrent }: { row: TreeRow<GroupRun>; isCurrent: boolean }) {
  const { run } = row;
  const look = RUN_STATUS[run.status];
  return (
    <div
      role="treeitem"
      tabIndex={-1}
      aria-level={row.depth + 1}
      aria-selected={isCurrent}
      className="flex items-stretch"
    >
      {row.guides.map((goesOn, level) => (
        <Guide
          // biome-ignore lint/suspicious/noArrayIndexKey: a level is its place
          key={level}
          goesOn={goesOn}
          turns={row.hangs === "off" && level === row.guides.length - 1}
        />
      ))}
      <Link
        to="/runs/$runId"
        params={{ runId: run.id }}
        aria-current={isCurrent ? "page" : undefined}
        title={`Run ${run.id}\n${stepsTitle(run)}`}
        className={clsx(
          "flex min-w-0 flex-1 gap-2 rounded-md px-2",
          isCurrent ? "bg-accent-soft outline-1 -outline-offset-1 outline-accent/50" : "hover:bg-hover",
        )}
      >
        <span aria-hidden className="flex w-4 shrink-0 flex-col items-center">
          <span className={clsx("h-2 w-px", row.hangs === "below" && "bg-line-strong")} />
          <span className="my-0.5">
            <StatusMark look={look} />
          </span>
          <span className={clsx("w-px flex-1", row.hasReexecutions && "bg-line-strong")} />
        </span>
        <span className="min-w-0 flex-1 py-1.5">
          <span className="line-clamp-3 [overflow-wrap:anywhere]">
            <span className="font-medium">{look.label}</span>,{" "}
            {[originText(run), automaticText(run), stepsText(run)].filter(Boolean).join(", ")}
          </span>
          <span className="flex justify-between gap-2 text-xs text-muted">
            <span>
              <Moment at={run.createdAt} />
              {run.startedAt && (
                <>
                  {" · "}
                  <Elapsed startedAt={run.startedAt} endedAt={run.endedAt} />
                </>
              )}
              {run.launchedBy && run.retryNumber === null && ` · ${run.launchedBy}`}
              {run.canceledBy && ` · canceled by ${run.canceledBy}`}
            </span>
            <span className="whitespace-nowrap font-mono">{shortRunId(run.id)}</span>
          </span>
          {run.reason && <span className="line-clamp-2 text-xs text-muted">“{run.reason}”</span>}
        </span>
      </Link>
    </div>
  );
}

/** The line of an outer run beside this row: it passes by, or turns off to this row, or both. */
function Guide({ goesOn, turns }: { goesOn: boolean; turns: boolean }) {
  return (
    <span aria-hidden className="relative ml-4 w-2 shrink-0">
      {(goesOn || turns) && (
        <span
          className={clsx("absolute top-0 -left-[0.5px] w-px bg-line-strong", goesOn ? "bottom-0" : "h-4")}
        />
      )}
      {turns && <span className="absolute top-4 -left-[0.5px] h-px w-3.5 bg-line-strong" />}
    </span>
  );
}
