// Every pipeline that a worker has published.
import { useQuery } from "urql";
import { EmptyState } from "../shared/EmptyState";
import { QueryError } from "../shared/ErrorMessage";
import { LoadingPanel } from "../shared/Skeleton";
import { useRunNews } from "../shared/use-run-news";
import { useTitle } from "../shared/use-title";
import { useOnServedChange } from "../shared/use-workers";
import { PipelineCard } from "./PipelineCard";
import { pipelinesQuery } from "./pipeline-queries";

export function PipelinesPage() {
  useTitle("Pipelines");
  return (
    <div className="space-y-4">
      <h1 className="text-xl font-semibold">Pipelines</h1>
      <Pipelines />
    </div>
  );
}

function Pipelines() {
  const [{ data, error }, ask] = useQuery({ query: pipelinesQuery });
  const askAgain = () => ask({ requestPolicy: "network-only" });
  useRunNews(askAgain);
  useOnServedChange(askAgain);
  if (!data) {
    return error ? (
      <QueryError error={error} onRetry={askAgain} />
    ) : (
      <LoadingPanel label="Loading the pipelines" className="h-60" />
    );
  }
  if (data.pipelines.length === 0) return <NoPipelines />;
  return (
    <ul className="grid gap-3 lg:grid-cols-2">
      {data.pipelines.map((pipeline) => (
        <li key={pipeline.name}>
          <PipelineCard pipeline={pipeline} />
        </li>
      ))}
    </ul>
  );
}

function NoPipelines() {
  return (
    <div className="panel">
      <EmptyState title="No pipelines yet">
        <p>A pipeline appears here as soon as a worker has loaded the file that defines it. Start one:</p>
        <pre className="mt-3 overflow-auto rounded-md bg-sunken p-3 text-left font-mono text-sm text-ink">
          dalsegno dev -f pipeline.py
        </pre>
      </EmptyState>
    </div>
  );
}
