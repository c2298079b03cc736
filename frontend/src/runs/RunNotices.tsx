// What is to be told of the run as a whole: what it waits for, that it failed outside any step, what follows by itself.

import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { Clock3, RotateCcw } from "lucide-react";
import type { ReactNode } from "react";
import { ErrorDetails } from "../shared/ErrorDetails";
import { WarningMessage } from "../shared/ErrorMessage";
import { shortRunId } from "../shared/run-id";
import { useWorkers } from "../shared/use-workers";
import type { AutomaticRetry, Run } from "./run-queries";
import { followingText, isLastRetry } from "./run-words";
import { TEXT_LINK } from "./text-link";
import { useRunWait } from "./use-run-wait";

export function RunNotices({ run }: { run: Run }) {
  const mayBeRetried = run.status === "FAILURE" && run.maxRetries > 0;
  return (
    <>
      {run.error && (
        <section role="alert" className="panel border-failure-solid/50 p-4">
          <h2 className="mb-2 font-semibold text-failure-ink">The run as a whole failed</h2>
          <ErrorDetails error={run.error} />
        </section>
      )}
      {(run.status === "QUEUED" || mayBeRetried) && <Wait run={run} />}
    </>
  );
}

/** Only of runs that may wait for something: it is asked again and again. */
function Wait({ run }: { run: Run }) {
  const wait = useRunWait(run);
  if (wait === null) return null;
  if (run.status === "QUEUED") {
    return wait.whyQueued && <Waiting pipelineName={run.pipelineName} why={wait.whyQueued} />;
  }
  if (wait.automaticRetry) return <Following retry={wait.automaticRetry} maxRetries={run.maxRetries} />;
  return (
    isLastRetry(run) && (
      <Quiet icon={<RotateCcw aria-hidden size={15} />}>
        This was the last of its automatic retries: what comes next is for you to say.
      </Quiet>
    )
  );
}

function Waiting({ pipelineName, why }: { pipelineName: string; why: string }) {
  const workers = useWorkers();
  if (workers?.every((worker) => !worker.pipelineNames.includes(pipelineName))) {
    return (
      <WarningMessage title={`No worker serves ${pipelineName}, so the run waits`}>
        <p>
          It starts as soon as a worker with the pipeline's code is there. Start one:{" "}
          <code className="font-mono text-sm">dalsegno worker -f FILE</code>
        </p>
      </WarningMessage>
    );
  }
  return (
    <Quiet icon={<Clock3 aria-hidden size={15} />}>
      <span className="font-medium">The run is queued.</span> {why}
    </Quiet>
  );
}

function Following({ retry, maxRetries }: { retry: AutomaticRetry; maxRetries: number }) {
  const said = followingText(retry, maxRetries);
  if (retry.refusal !== null) {
    return (
      <WarningMessage title={said}>
        <p>{retry.refusal}</p>
      </WarningMessage>
    );
  }
  return (
    <Quiet icon={<RotateCcw aria-hidden size={15} className={clsx(!retry.runId && "animate-pulse-soft")} />}>
      {said}
      {retry.runId !== null && (
        <>
          {" "}
          <Link
            to="/runs/$runId"
            params={{ runId: retry.runId }}
            title={`Run ${retry.runId}`}
            className={clsx(TEXT_LINK, "font-mono text-sm")}
          >
            {shortRunId(retry.runId)}
          </Link>
        </>
      )}
    </Quiet>
  );
}

function Quiet({ icon, children }: { icon: ReactNode; children: ReactNode }) {
  return (
    <p role="status" className="flex gap-2 rounded-md bg-quiet-soft px-3 py-2 text-quiet-ink">
      <span className="mt-1 shrink-0">{icon}</span>
      <span className="min-w-0">{children}</span>
    </p>
  );
}
