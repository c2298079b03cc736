// Why the step ran, was reused, blocked or left out; and what it is.
import { Link } from "@tanstack/react-router";
import { useQuery } from "urql";
import { writtenKey } from "../selection/selection-text";
import { WarningMessage } from "../shared/ErrorMessage";
import { nextAttemptText, retryText } from "../shared/retry-words";
import { shortRunId } from "../shared/run-id";
import { Skeleton } from "../shared/Skeleton";
import { parseInstant } from "../shared/time";
import { useClock } from "../shared/use-clock";
import { cancelText } from "./attempt-words";
import { StepLink } from "./StepLink";
import { elementOf, type StepElement } from "./step-element";
import { type Step, stepDefinitionsQuery } from "./step-queries";
import { Tags } from "./Tags";
import { TEXT_LINK } from "./text-link";

interface StepWhyProps {
  runId: string;
  step: Step;
  /** Who canceled the run. */
  canceledBy: string | null;
}

export function StepWhy({ runId, step, canceledBy }: StepWhyProps) {
  const [{ data }] = useQuery({
    query: stepDefinitionsQuery,
    variables: { runId },
    requestPolicy: "cache-first",
  });
  const element = elementOf(step.stepKey);
  const definition = data?.run?.steps.find((one) => one.key === step.stepKey || one.key === element?.of);
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
          <Why step={step} maxRetries={definition?.maxRetries ?? 0} canceledBy={canceledBy} />
        )}
        {step.reason && (
          <>
            {" "}
            <span className="text-muted">Why:</span> {step.reason}.
          </>
        )}
      </p>
      {element && <Element stepKey={step.stepKey} element={element} />}
      {step.isStale && (
        <WarningMessage>
          Stale: what this was made from has since been replaced by other data, code or config. Re-execute
          from changed, or select this step, to make it anew.
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

/** What an element is one of; and the way to all of them. */
function Element({ stepKey, element: { of, mappingKey } }: { stepKey: string; element: StepElement }) {
  return (
    <p className="text-muted">
      {mappingKey === null ? (
        <>
          Stands for all elements of <code className="font-mono text-sm">{of}</code>: which there are is known
          when the step that gives them has succeeded.
        </>
      ) : (
        <>
          The element <code className="font-mono text-sm">{mappingKey}</code> of{" "}
          <code className="font-mono text-sm">{of}</code>.{" "}
          <SelectLink selection={writtenKey(of)}>Select all of its elements</SelectLink>, or{" "}
          <SelectLink selection={`${writtenKey(stepKey)}*`}>this one and what follows</SelectLink>.
        </>
      )}
    </p>
  );
}

function SelectLink({ selection, children }: { selection: string; children: string }) {
  return (
    <Link
      from="/runs/$runId"
      search={(old) => ({ ...old, selection })}
      resetScroll={false}
      className={TEXT_LINK}
    >
      {children}
    </Link>
  );
}

interface WhyProps {
  step: Step;
  maxRetries: number;
  canceledBy: string | null;
}

function Why({ step, maxRetries, canceledBy }: WhyProps) {
  switch (step.status) {
    case "RETRYING":
      return <WaitsForRetry step={step} maxRetries={maxRetries} />;
    case "CANCELED":
      // Of a running attempt, that itself tells it.
      return step.attempts.at(-1)?.status === "CANCELED"
        ? null
        : `${step.attempts.length > 0 ? "Not tried again" : "Not begun"}, because ${cancelText(canceledBy)}.`;
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

/** Counts down. */
function WaitsForRetry({ step, maxRetries }: { step: Step; maxRetries: number }) {
  const now = useClock(true);
  const last = step.attempts.at(-1);
  const retryAt = step.retryAt === null ? null : parseInstant(step.retryAt);
  return (
    <>
      {last && `Attempt ${last.number} ${last.status === "LOST" ? "was lost" : "failed"}; it `}
      <span data-numeric className="font-medium">
        {retryText(retryAt, now)}
      </span>{" "}
      ({nextAttemptText(step, maxRetries)}).
    </>
  );
}
