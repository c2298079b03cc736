// The attempts of a step: when, where, with what error, and what each printed.
import { Tabs } from "radix-ui";
import { ErrorDetails } from "../shared/ErrorDetails";
import { StatusMark } from "../shared/StatusTag";
import { STEP_STATUS } from "../shared/status";
import { Elapsed, Moment } from "../shared/Times";
import { attemptText, missingInput } from "./attempt-words";
import { CapturedOutput } from "./CapturedOutput";
import { MissingInput } from "./MissingInput";
import type { Step, StepAttempt } from "./step-queries";
import { useRunSearch } from "./use-run-search";

interface StepAttemptsProps {
  runId: string;
  step: Step;
  /** Who canceled the run. */
  canceledBy: string | null;
}

export function StepAttempts({ runId, step, canceledBy }: StepAttemptsProps) {
  const [search, change] = useRunSearch();
  const last = step.attempts.at(-1);
  const shown = step.attempts.find((attempt) => attempt.number === search.attempt) ?? last;
  if (!shown) return null;
  const attempt = (
    <Attempt
      key={shown.number}
      runId={runId}
      stepKey={step.stepKey}
      attempt={shown}
      canceledBy={canceledBy}
    />
  );
  if (step.attempts.length === 1) return attempt;
  return (
    <Tabs.Root
      value={String(shown.number)}
      onValueChange={(number) =>
        change({ attempt: Number(number) === last?.number ? undefined : Number(number) })
      }
    >
      <Tabs.List aria-label="Attempts" className="mb-3 flex flex-wrap gap-1 border-b border-line">
        {step.attempts.map((attempt) => (
          <Tabs.Trigger
            key={attempt.number}
            value={String(attempt.number)}
            className="-mb-px inline-flex items-center gap-1.5 rounded-t-md border-b-2 border-transparent px-2.5 py-1.5 text-sm text-muted hover:bg-hover data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            <StatusMark look={STEP_STATUS[attempt.status]} />
            Attempt {attempt.number}
            <span className="sr-only">, {STEP_STATUS[attempt.status].label}</span>
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <Tabs.Content value={String(shown.number)} tabIndex={-1}>
        {attempt}
      </Tabs.Content>
    </Tabs.Root>
  );
}

interface AttemptProps {
  runId: string;
  stepKey: string;
  attempt: StepAttempt;
  canceledBy: string | null;
}

function Attempt({ runId, stepKey, attempt, canceledBy }: AttemptProps) {
  const more = attemptText(attempt, canceledBy);
  const text = more !== null && <p className="max-w-3xl">{more}</p>;
  const missing = missingInput(attempt.error);
  return (
    <div className="space-y-3">
      <p className="flex flex-wrap gap-x-3 text-sm text-muted">
        <span>
          {STEP_STATUS[attempt.status].label}, started <Moment at={attempt.startTime} />
        </span>
        <span>
          {attempt.endTime === null ? "running for " : "took "}
          <Elapsed startedAt={attempt.startTime} endedAt={attempt.endTime} />
        </span>
        {attempt.workerId && <span className="[overflow-wrap:anywhere]">worker {attempt.workerId}</span>}
      </p>
      {attempt.status !== "FAILURE" && text}
      {missing && <MissingInput missing={missing} />}
      {attempt.error &&
        (missing || attempt.status === "CANCELED" ? (
          <details>
            <summary className="text-sm text-muted">
              {missing ? "The error in full" : "Where it was then"}
            </summary>
            <div className="mt-2">
              <ErrorDetails error={attempt.error} />
            </div>
          </details>
        ) : (
          <ErrorDetails error={attempt.error} />
        ))}
      {attempt.status === "FAILURE" && text}
      {attempt.endTime === null ? (
        <p className="text-sm text-muted">What it prints is shown when the attempt has ended.</p>
      ) : attempt.status === "LOST" ? (
        <p className="text-sm text-muted">What it printed is lost with it.</p>
      ) : (
        <div className="grid gap-3 md:grid-cols-2">
          <CapturedOutput runId={runId} stepKey={stepKey} attempt={attempt.number} stream="stdout" />
          <CapturedOutput runId={runId} stepKey={stepKey} attempt={attempt.number} stream="stderr" />
        </div>
      )}
    </div>
  );
}
