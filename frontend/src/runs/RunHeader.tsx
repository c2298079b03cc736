// What the run is, where it stands, and what can be done with it.
import { Link, useNavigate } from "@tanstack/react-router";
import { FileCog, ListChecks, SlidersHorizontal } from "lucide-react";
import type { ReactNode } from "react";
import { ReexecuteButton } from "../launch/ReexecuteButton";
import type { SelectionAnswer } from "../selection/use-selection";
import { buttonLook } from "../shared/Button";
import { CopyButton } from "../shared/CopyButton";
import { shortRunId } from "../shared/run-id";
import { RunStatusTag } from "../shared/StatusTag";
import { hasEnded } from "../shared/status";
import { Elapsed, Moment } from "../shared/Times";
import { CancelButton } from "./CancelButton";
import { RunOrigin } from "./RunOrigin";
import type { Run } from "./run-queries";
import { StepCounts } from "./StepCounts";
import { useRunSearch } from "./use-run-search";

interface RunHeaderProps {
  run: Run;
  selectionText: string;
  selection: SelectionAnswer;
}

export function RunHeader({ run, selectionText, selection }: RunHeaderProps) {
  const [search, change] = useRunSearch();
  const navigate = useNavigate();
  return (
    <header className="space-y-2.5">
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
        <div className="min-w-0 space-y-1">
          <h1 className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xl font-semibold">
            <Link
              to="/pipelines/$name"
              params={{ name: run.pipelineName }}
              className="min-w-0 break-words hover:underline"
            >
              {run.pipelineName}
            </Link>
            <RunStatusTag status={run.status} />
          </h1>
          <RunFacts run={run} />
        </div>
        <div className="flex flex-wrap items-center gap-2">
          {!hasEnded(run.status) && <CancelButton run={run} />}
          <ReexecuteButton
            run={run}
            selectionText={selectionText}
            selection={selection}
            strategy={search.plan}
            onStrategyChange={(plan, selection = selectionText) =>
              change({ plan, selection: selection || undefined })
            }
            onLaunched={(runId) => void navigate({ to: "/runs/$runId", params: { runId } })}
          />
        </div>
      </div>
      <RunOrigin run={run} />
      <div className="flex flex-wrap items-center justify-between gap-x-6 gap-y-2">
        <StepCounts run={run} />
        <div className="-ml-2 flex flex-wrap items-center gap-1 lg:ml-0">
          <Link
            to="."
            search={(old) => ({ ...old, launched: "config" as const })}
            resetScroll={false}
            className={buttonLook("quiet", "sm")}
          >
            <FileCog aria-hidden size={14} /> Config
          </Link>
          <Link
            to="."
            search={(old) => ({ ...old, launched: "plan" as const })}
            resetScroll={false}
            className={buttonLook("quiet", "sm")}
          >
            <ListChecks aria-hidden size={14} /> Plan as launched
          </Link>
          <Link
            to="/pipelines/$name/launch"
            params={{ name: run.pipelineName }}
            search={{ like: run.id }}
            className={buttonLook("quiet", "sm")}
          >
            <SlidersHorizontal aria-hidden size={14} /> Launch again with changed config
          </Link>
        </div>
      </div>
    </header>
  );
}

function RunFacts({ run }: { run: Run }) {
  return (
    <p className="flex flex-wrap items-center gap-x-3 gap-y-0.5 text-sm text-muted">
      <span className="inline-flex items-center gap-1">
        run
        <code className="font-mono" title={run.id}>
          {shortRunId(run.id)}
        </code>
        <CopyButton label="Copy the run's id" text={run.id} />
      </span>
      {run.startedAt === null ? (
        <Fact>
          launched <Moment at={run.createdAt} />
        </Fact>
      ) : (
        <>
          <Fact>
            started <Moment at={run.startedAt} />
          </Fact>
          <Fact>
            {run.endedAt === null ? "running for " : "took "}
            <span className="font-medium text-ink">
              <Elapsed startedAt={run.startedAt} endedAt={run.endedAt} />
            </span>
          </Fact>
        </>
      )}
      {run.launchedBy && run.retryNumber === null && <Fact>by {run.launchedBy}</Fact>}
      {run.canceledBy && <Fact>canceled by {run.canceledBy}</Fact>}
      {run.mode !== "default" && <Fact>mode {run.mode}</Fact>}
    </p>
  );
}

function Fact({ children }: { children: ReactNode }) {
  return <span className="whitespace-nowrap">{children}</span>;
}
