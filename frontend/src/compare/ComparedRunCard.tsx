// One of two compared runs: which it is, what came of it, how long it took.
import { Link } from "@tanstack/react-router";
import { originText, stepsText } from "../runs/run-words";
import { shortRunId } from "../shared/run-id";
import { RunStatusTag } from "../shared/StatusTag";
import { Elapsed, Moment } from "../shared/Times";
import type { ComparedRun } from "./compare-queries";
import { deltaText } from "./differences";

interface ComparedRunCardProps {
  label: string;
  run: ComparedRun;
  /** The run that this one's duration is measured against. */
  since?: ComparedRun;
}

export function ComparedRunCard({ label, run, since }: ComparedRunCardProps) {
  const delta =
    since && run.durationMs !== null && since.durationMs !== null ? run.durationMs - since.durationMs : null;
  return (
    <section aria-label={`${label} run`} className="panel min-w-0 space-y-1 px-4 py-3">
      <h2 className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
        <span className="text-sm text-muted">{label}</span>
        <Link
          to="/runs/$runId"
          params={{ runId: run.id }}
          title={`Run ${run.id}`}
          className="min-w-0 break-words font-semibold text-accent underline underline-offset-2"
        >
          {run.pipelineName} <span className="font-mono text-sm font-normal">{shortRunId(run.id)}</span>
        </Link>
        <RunStatusTag status={run.status} />
      </h2>
      <p className="line-clamp-2 [overflow-wrap:anywhere]">
        {originText(run)}, {stepsText(run)}
        {run.mode !== "default" && `, mode ${run.mode}`}
      </p>
      <p className="text-sm text-muted">
        <Moment at={run.createdAt} />
        {run.startedAt && (
          <>
            {" · took "}
            <Elapsed startedAt={run.startedAt} endedAt={run.endedAt} />
          </>
        )}
        {delta !== null && <span data-numeric>{` (${deltaText(delta)})`}</span>}
        {run.launchedBy && ` · ${run.launchedBy}`}
      </p>
      {run.reason && <p className="line-clamp-2 text-sm text-muted">“{run.reason}”</p>}
    </section>
  );
}
