// What is to be told of the run as a whole: that it waits for a worker, that it failed outside any step.

import { ErrorDetails } from "../shared/ErrorDetails";
import { WarningMessage } from "../shared/ErrorMessage";
import { useWorkers } from "../shared/use-workers";
import type { Run } from "./run-queries";

export function RunNotices({ run }: { run: Run }) {
  return (
    <>
      {run.status === "QUEUED" && <Waiting pipelineName={run.pipelineName} />}
      {run.error && (
        <section role="alert" className="panel border-failure-solid/50 p-4">
          <h2 className="mb-2 font-semibold text-failure-ink">The run as a whole failed</h2>
          <ErrorDetails error={run.error} />
        </section>
      )}
    </>
  );
}

function Waiting({ pipelineName }: { pipelineName: string }) {
  const workers = useWorkers();
  if (workers === null) return null;
  if (workers.some((worker) => worker.pipelineNames.includes(pipelineName))) {
    return (
      <p role="status" className="rounded-md bg-quiet-soft px-3 py-2 text-quiet-ink">
        The run is queued. A worker that serves {pipelineName} takes it as soon as it has room.
      </p>
    );
  }
  return (
    <WarningMessage title={`No worker serves ${pipelineName}, so the run waits`}>
      <p>
        It starts as soon as a worker with the pipeline's code is there. Start one:{" "}
        <code className="font-mono text-sm">dalsegno worker -f FILE</code>
      </p>
    </WarningMessage>
  );
}
