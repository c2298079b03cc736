// How the run came to be: what it re-executes, in which way, why; its tags.
import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { bulkOf, usersTags } from "../shared/own-tags";
import { shortRunId } from "../shared/run-id";
import type { Run } from "./run-queries";
import { automaticText, originText, stepsText, stepsTitle } from "./run-words";
import { Tags } from "./Tags";
import { TEXT_LINK } from "./text-link";

export function RunOrigin({ run }: { run: Run }) {
  const bulk = bulkOf(run.tags);
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
      <p className="min-w-0 [overflow-wrap:anywhere]">
        <span className="font-medium">{capitalised(originText(run))}</span>
        {run.parentRunId && (
          <>
            {" of "}
            <Link
              to="/runs/$runId"
              params={{ runId: run.parentRunId }}
              title={`Run ${run.parentRunId}`}
              className={clsx(TEXT_LINK, "font-mono text-sm")}
            >
              {shortRunId(run.parentRunId)}
            </Link>
          </>
        )}
        {automaticText(run) && (
          <span title="Nobody launched it: the tags of the run that failed ask for it.">
            {" "}
            · {automaticText(run)}
          </span>
        )}
        {bulk !== null && (
          <>
            {" · "}
            <Link to="/" search={{ by: "run", tag: `dalsegno/bulk=${bulk}`, bulk }} className={TEXT_LINK}>
              one of many at once
            </Link>
          </>
        )}
        <span className="text-muted" title={stepsTitle(run)}>
          {" · "}
          {stepsText(run, 4)}
        </span>
        {run.selection && run.selection.length > 0 && (
          <span className="text-muted">
            {" · selection "}
            <code className="font-mono text-sm text-ink">{run.selection.join(", ")}</code>
          </span>
        )}
      </p>
      {run.reason && <p className="min-w-0 text-muted [overflow-wrap:anywhere]">“{run.reason}”</p>}
      <Tags tags={usersTags(run.tags)} />
    </div>
  );
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
