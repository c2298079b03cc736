// Two runs beside each other: what came of each step in both, and what made the difference.
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeftRight } from "lucide-react";
import { useQuery } from "urql";
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
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <h1 className="text-xl font-semibold">Compare two runs</h1>
        <Link
          to="/compare/$base/$other"
          params={{ base: other, other: base }}
          search={search}
          className={buttonLook("secondary", "sm")}
        >
          <ArrowLeftRight aria-hidden size={14} /> Swap
        </Link>
      </div>
      {error && !data && <QueryError error={error} onRetry={askAgain} />}
      {!data && !error && <LoadingPanel label="Comparing the runs" className="h-[32rem]" />}
      {data && (data.compareRuns ? <Compared comparison={data.compareRuns} /> : <NoSuchRuns />)}
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
        {found.length > 0 ? (
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

function NoSuchRuns() {
  return (
    <EmptyState
      title="One of the two is not there"
      action={
        <Link to="/" className={buttonLook("primary")}>
          To the runs
        </Link>
      }
    >
      No run has one of the ids in the address. Perhaps it is in another database, or the address was cut off.
    </EmptyState>
  );
}
