// Two runs beside each other: what came of each step in both, and what made the difference.
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeftRight } from "lucide-react";
import { useQuery } from "urql";
import { TEXT_LINK } from "../runs/text-link";
import { buttonLook } from "../shared/Button";
import { EmptyState } from "../shared/EmptyState";
import { QueryError } from "../shared/ErrorMessage";
import { shortRunId } from "../shared/run-id";
import { LoadingPanel } from "../shared/Skeleton";
import { useRunNews } from "../shared/use-run-news";
import { useTitle } from "../shared/use-title";
import { ComparedRunCard } from "./ComparedRunCard";
import { ComparedSteps } from "./ComparedSteps";
import { ConfigDifferences } from "./ConfigDifferences";
import { type Comparison, compareQuery } from "./compare-queries";
import { summary } from "./differences";

const route = getRouteApi("/compare/$base/$other");

export function ComparePage() {
  const { base, other } = route.useParams();
  const search = route.useSearch();
  useTitle(`Compare ${shortRunId(base)} with ${shortRunId(other)}`);
  const [{ data, error }, ask] = useQuery({ query: compareQuery, variables: { base, other } });
  const askAgain = () => ask({ requestPolicy: "network-only" });
  useRunNews(askAgain, (run) => run.id === base || run.id === other);
  const areMissing = data?.compareRuns === null;
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-xl font-semibold">Compare two runs</h1>
        {!areMissing && base !== other && (
          <Link
            to="/compare/$base/$other"
            params={{ base: other, other: base }}
            search={search}
            className={buttonLook("secondary", "sm")}
          >
            <ArrowLeftRight aria-hidden size={14} /> Swap
          </Link>
        )}
      </div>
      {error && !data && <QueryError error={error} onRetry={askAgain} />}
      {!data && !error && <LoadingPanel label="Comparing the runs" className="h-[32rem]" />}
      {data &&
        (data.compareRuns ? <Compared comparison={data.compareRuns} /> : <NoSuchRuns ids={[base, other]} />)}
    </div>
  );
}

function Compared({ comparison }: { comparison: Comparison }) {
  const { base, other, steps, configDiff } = comparison;
  const found = summary(comparison);
  return (
    <>
      <div className="grid gap-3 md:grid-cols-2">
        <ComparedRunCard label="Base" run={base} />
        <ComparedRunCard label="Other" run={other} since={base} />
      </div>
      <p role="status">
        {base.id === other.id ? (
          "Both are the same run."
        ) : found.length > 0 ? (
          <>
            <span className="font-medium">They differ:</span> {found.join(", ")}.
          </>
        ) : (
          "No difference in outcomes, outputs, code and config."
        )}
      </p>
      <ConfigDifferences configDiff={configDiff} />
      <ComparedSteps steps={steps} baseId={base.id} otherId={other.id} />
    </>
  );
}

function NoSuchRuns({ ids }: { ids: readonly string[] }) {
  return (
    <EmptyState
      title="One of the two is not there"
      action={
        <Link to="/" className={buttonLook("primary")}>
          To the runs
        </Link>
      }
    >
      At least one of these is no run here; perhaps it is in another database, or the address was cut off.
      <span className="mt-2 flex flex-wrap justify-center gap-x-4">
        {[...new Set(ids)].map((id) => (
          <Link
            key={id}
            to="/runs/$runId"
            params={{ runId: id }}
            className={`${TEXT_LINK} break-all font-mono text-sm`}
          >
            {id}
          </Link>
        ))}
      </span>
    </EmptyState>
  );
}
