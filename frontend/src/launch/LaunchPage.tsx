// Launches a pipeline.
import { getRouteApi, Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { QueryError, WarningMessage } from "../shared/ErrorMessage";
import { shortRunId } from "../shared/run-id";
import { LoadingPanel } from "../shared/Skeleton";
import { useTitle } from "../shared/use-title";
import { useOnServedChange } from "../shared/use-workers";
import { LaunchForm } from "./LaunchForm";
import { launchPageQuery } from "./launch-queries";
import { UnknownPipeline } from "./UnknownPipeline";

const route = getRouteApi("/pipelines/$name/launch");

export function LaunchPage() {
  const { name } = route.useParams();
  const { like } = route.useSearch();
  useTitle(`Launch ${name}`);
  return (
    <div className="space-y-4">
      <header>
        <p className="text-sm text-muted">
          <Link to="/pipelines/$name" params={{ name }} className="hover:underline">
            {name}
          </Link>
        </p>
        <h1 className="break-words text-xl font-semibold">Launch {name}</h1>
        {like && (
          <p className="text-muted">
            With the config, mode and tags of run{" "}
            <Link
              to="/runs/$runId"
              params={{ runId: like }}
              className="font-mono text-sm text-accent underline"
            >
              {shortRunId(like)}
            </Link>
            . It becomes a run of its own, which reuses nothing.
          </p>
        )}
      </header>
      {/* Another pipeline, or another run to be like, is another form. */}
      <Content key={`${name} ${like ?? ""}`} name={name} likeRunId={like} />
    </div>
  );
}

function Content({ name, likeRunId }: { name: string; likeRunId: string | undefined }) {
  const [{ data, error }, ask] = useQuery({
    query: launchPageQuery,
    variables: { name, likeRunId: likeRunId ?? "", isLike: likeRunId !== undefined },
  });
  const askAgain = () => ask({ requestPolicy: "network-only" });
  useOnServedChange(askAgain);
  if (!data) {
    return error ? (
      <QueryError error={error} onRetry={askAgain} />
    ) : (
      <LoadingPanel label="Loading the pipeline" className="h-[36rem]" />
    );
  }
  if (!data.pipeline) return <UnknownPipeline name={name} />;
  const like = data.run ?? null;
  return (
    <>
      {likeRunId !== undefined && like === null && (
        <WarningMessage>There is no run {likeRunId}: this begins with the defaults.</WarningMessage>
      )}
      <LaunchForm pipeline={data.pipeline} like={like} />
    </>
  );
}
