// A pipeline's newest runs.
import { Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { strategyText } from "../launch/strategies";
import { QueryError } from "../shared/ErrorMessage";
import { LoadingPanel } from "../shared/Skeleton";
import { RunStatusTag } from "../shared/StatusTag";
import { Elapsed, Moment } from "../shared/Times";
import { useRunNews } from "../shared/use-run-news";
import { type RecentRun, recentRunsQuery } from "./pipeline-queries";

export function RecentRuns({ name }: { name: string }) {
  const [{ data, error }, ask] = useQuery({ query: recentRunsQuery, variables: { name } });
  const askAgain = () => ask({ requestPolicy: "network-only" });
  useRunNews(askAgain, (run) => run.pipelineName === name);
  const runs = data?.pipeline?.runs;
  return (
    <section aria-labelledby="recent-runs" className="panel">
      <header className="flex items-center justify-between gap-2 border-b border-line px-4 py-2.5">
        <h2 id="recent-runs" className="font-semibold">
          Recent runs
        </h2>
        {runs && runs.totalCount > 0 && (
          <Link
            to="/"
            search={{ pipeline: name }}
            className="text-sm text-accent underline underline-offset-2"
          >
            all {runs.totalCount.toLocaleString("en")}
          </Link>
        )}
      </header>
      {!runs && error && (
        <div className="p-3">
          <QueryError error={error} onRetry={askAgain} />
        </div>
      )}
      {!runs && !error && (
        <div className="p-3">
          <LoadingPanel label="Loading the runs" className="h-40" />
        </div>
      )}
      {runs?.edges.length === 0 && <p className="px-4 py-6 text-center text-muted">It has not run yet.</p>}
      <ul className="divide-y divide-line">
        {runs?.edges.map(({ node }) => (
          <li key={node.id}>
            <RunRow run={node} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function RunRow({ run }: { run: RecentRun }) {
  const how = run.strategy === null ? "First run" : strategyText(run.strategy).label;
  return (
    <Link
      to="/runs/$runId"
      params={{ runId: run.id }}
      className="flex items-center gap-3 px-4 py-2 hover:bg-hover"
    >
      <span className="w-20 shrink-0">
        <RunStatusTag status={run.status} />
      </span>
      <span className="min-w-0 flex-1 truncate">{how}</span>
      <span className="text-right text-sm text-muted">
        <Moment at={run.createdAt} ago />
        {run.startedAt !== null && (
          <>
            {" · "}
            <Elapsed startedAt={run.startedAt} endedAt={run.endedAt} />
          </>
        )}
      </span>
    </Link>
  );
}
