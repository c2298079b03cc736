// Why the step ran, was reused, blocked or left out; and what it is.
import { useQuery } from "urql";
import { WarningMessage } from "../shared/ErrorMessage";
import { shortRunId } from "../shared/run-id";
import { Skeleton } from "../shared/Skeleton";
import { StepLink } from "./StepLink";
import { type Step, stepDefinitionsQuery } from "./step-queries";
import { Tags } from "./Tags";

export function StepWhy({ runId, step }: { runId: string; step: Step }) {
  const [{ data }] = useQuery({
    query: stepDefinitionsQuery,
    variables: { runId },
    requestPolicy: "cache-first",
  });
  const definition = data?.run?.steps.find((one) => one.key === step.stepKey);
  return (
    <div className="space-y-1.5">
      <p>
        {step.reusedFromRunId ? (
          <>
            Not executed here: what{" "}
            <StepLink runId={step.reusedFromRunId} stepKey={step.stepKey}>
              run <span className="font-mono text-sm">{shortRunId(step.reusedFromRunId)}</span>
            </StepLink>{" "}
            made stands in.
          </>
        ) : (
          <Why step={step} />
        )}
        {step.reason && (
          <>
            {" "}
            <span className="text-muted">Why:</span> {step.reason}.
          </>
        )}
      </p>
      {step.isStale && (
        <WarningMessage>
          What this was made from has since been replaced by other data, code or config.
        </WarningMessage>
      )}
      {definition?.description && <p className="max-w-prose text-muted">{definition.description}</p>}
      {!data && <Skeleton className="h-5 w-64" />}
      {definition && (
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
          <span>
            code version <code className="font-mono text-xs">{definition.codeVersion}</code>
          </span>
          {definition.maxRetries > 0 && (
            <span>
              retried up to {definition.maxRetries} {definition.maxRetries === 1 ? "time" : "times"}
            </span>
          )}
          <Tags tags={definition.tags} />
        </div>
      )}
    </div>
  );
}

function Why({ step }: { step: Step }) {
  switch (step.status) {
    case "BLOCKED":
      return (
        <>
          Not executed, because{" "}
          {step.causeStepKeys.map((key, index) => (
            <span key={key}>
              {index > 0 && ", "}
              <StepLink stepKey={key} />
            </span>
          ))}{" "}
          failed.
        </>
      );
    case "SKIPPED":
      return "Skipped, because an optional output upstream was not made.";
    case "OMITTED":
      return "Not executed in this run, and nothing stands in for it.";
    case "PENDING":
      return "It has not begun.";
    default:
      return null;
  }
}
