// How many workers are there, and what they serve.
import clsx from "clsx";
import { Server } from "lucide-react";
import { Popover } from "radix-ui";
import { useWorkers, type Worker } from "../shared/use-workers";

export function WorkersStatus() {
  const workers = useWorkers();
  if (workers === null) return <span className="h-8 w-24" />;
  const problems = workers.length === 0 || workers.some((worker) => worker.loadError);
  const said =
    workers.length === 0 ? "No worker" : workers.length === 1 ? "1 worker" : `${workers.length} workers`;
  return (
    <Popover.Root>
      <Popover.Trigger
        className={clsx(
          "inline-flex h-8 items-center gap-1.5 rounded-md px-2 text-sm hover:bg-hover",
          problems ? "text-warning-ink" : "text-muted",
        )}
      >
        <Server aria-hidden size={16} />
        <span className="whitespace-nowrap">{said}</span>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label="Workers"
          className="panel z-50 w-96 max-w-[calc(100vw-1rem)] p-4 shadow-floating"
        >
          {workers.length === 0 ? <NoWorkers /> : <WorkerList workers={workers} />}
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function NoWorkers() {
  return (
    <div className="space-y-2">
      <p className="font-semibold">Nothing executes runs at the moment</p>
      <p className="text-muted">What is launched waits in the queue. Start a worker with your code:</p>
      <pre className="overflow-auto rounded-md bg-sunken p-2 font-mono text-xs">
        dalsegno worker -f pipeline.py
      </pre>
    </div>
  );
}

function WorkerList({ workers }: { workers: Worker[] }) {
  return (
    <ul className="space-y-3">
      {workers.map((worker) => (
        <li key={worker.id}>
          <p className="font-medium">
            {worker.host}, process {worker.pid}
          </p>
          <p className="text-sm text-muted">
            {worker.pipelineNames.join(", ") || "no pipelines"}
            {worker.runningRunIds.length > 0 && ` · executing ${runs(worker.runningRunIds.length)}`}
          </p>
          {worker.loadError && (
            <p className="text-sm text-warning-ink">its code does not load as it is now</p>
          )}
        </li>
      ))}
    </ul>
  );
}

function runs(count: number): string {
  return count === 1 ? "1 run" : `${count} runs`;
}
