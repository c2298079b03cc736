// The plan that the run was launched with.
import { useQuery } from "urql";
import { PlanSteps } from "../launch/PlanSteps";
import { planFields } from "../launch/plan-fields";
import { QueryError } from "../shared/ErrorMessage";
import { graphql } from "../shared/graphql";
import { LoadingPanel } from "../shared/Skeleton";

const planQuery = graphql(
  `
    query LaunchedPlan($runId: ID!) {
      run(id: $runId) {
        id
        plan {
          ...PlanFields
        }
      }
    }
  `,
  [planFields],
);

export function LaunchedPlan({ runId }: { runId: string }) {
  const [{ data, error }, ask] = useQuery({ query: planQuery, variables: { runId } });
  if (error) return <QueryError error={error} onRetry={() => ask({ requestPolicy: "network-only" })} />;
  if (!data?.run) return <LoadingPanel label="Reading the plan" className="h-64" />;
  if (!data.run.plan) {
    return (
      <p className="text-muted">
        A first run has no earlier run to reuse from: it executes all of its steps.
      </p>
    );
  }
  return <PlanSteps plan={data.run.plan} runId={runId} />;
}
