// One step of the run: why it ran or did not, what it printed, took and made.
import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import { useQuery } from "urql";
import type { GanttStep } from "../gantt/gantt-layout";
import { IconButton } from "../shared/Button";
import { QueryError, WarningMessage } from "../shared/ErrorMessage";
import { LoadingPanel } from "../shared/Skeleton";
import { StepStatusTag } from "../shared/StatusTag";
import { Elapsed } from "../shared/Times";
import { StepAttempts } from "./StepAttempts";
import { StepInputs } from "./StepInputs";
import { StepOutputs } from "./StepOutputs";
import { StepWhy } from "./StepWhy";
import { type Step, stepQuery } from "./step-queries";
import { useRunSearch } from "./use-run-search";

interface StepPanelProps {
  runId: string;
  stepKey: string;
  /** The step as it stands; null where the run has none of this key. Another object means that it has moved. */
  row: GanttStep | null;
}

export function StepPanel({ runId, stepKey, row }: StepPanelProps) {
  const panel = useRef<HTMLElement>(null);
  useEffect(() => {
    if (panel.current) bringIntoSight(panel.current);
  }, []);
  return (
    <section ref={panel} aria-label={`Step ${stepKey}`} className="panel scroll-mt-16">
      {row === null ? (
        <>
          <StepTitle stepKey={stepKey} step={null} />
          <div className="p-4">
            <WarningMessage>
              This run has no step {stepKey}. Its address may be mistyped, or from another pipeline.
            </WarningMessage>
          </div>
        </>
      ) : (
        <ReadStep runId={runId} stepKey={stepKey} row={row} />
      )}
    </section>
  );
}

function ReadStep({ runId, stepKey, row }: StepPanelProps) {
  const [{ data, error }, ask] = useQuery({ query: stepQuery, variables: { runId, stepKey } });
  const asked = useRef(row);
  useEffect(() => {
    if (asked.current === row) return;
    asked.current = row;
    ask({ requestPolicy: "network-only" });
  }, [ask, row]);
  const step = data?.run?.stepStats[0] ?? null;
  const canceledBy = data?.run?.canceledBy ?? null;
  return (
    <>
      <StepTitle stepKey={stepKey} step={step} />
      {error && !step && <QueryError error={error} onRetry={() => ask({ requestPolicy: "network-only" })} />}
      {!step && !error && <LoadingPanel label="Reading the step" className="h-56" />}
      {step && <StepDetails runId={runId} step={step} canceledBy={canceledBy} />}
    </>
  );
}

function StepTitle({ stepKey, step }: { stepKey: string; step: Step | null }) {
  const [, change] = useRunSearch();
  return (
    <header className="flex items-center gap-3 border-b border-line py-1.5 pr-2 pl-4">
      <h2 className="min-w-0 truncate font-semibold" title={stepKey}>
        <span className="font-normal text-muted">Step</span> {stepKey}
      </h2>
      {step && <StepStatusTag status={step.status} />}
      {step?.startTime && (
        <span className="text-sm text-muted">
          <Elapsed startedAt={step.startTime} endedAt={step.endTime} />
        </span>
      )}
      <IconButton
        label="Close the step"
        className="ml-auto shrink-0"
        onClick={() => change({ step: undefined, attempt: undefined })}
      >
        <X aria-hidden size={18} />
      </IconButton>
    </header>
  );
}

interface StepDetailsProps {
  runId: string;
  step: Step;
  /** Who canceled the run. */
  canceledBy: string | null;
}

function StepDetails({ runId, step, canceledBy }: StepDetailsProps) {
  return (
    <div className="space-y-4 p-4">
      <StepWhy runId={runId} step={step} canceledBy={canceledBy} />
      {step.attempts.length > 0 && <StepAttempts runId={runId} step={step} canceledBy={canceledBy} />}
      <div className="grid gap-x-8 gap-y-4 md:grid-cols-[minmax(0,2fr)_minmax(0,3fr)]">
        <StepInputs runId={runId} inputs={step.inputs} />
        <StepOutputs step={step} />
      </div>
    </div>
  );
}

/** A panel that opened below the window's edge would not be noticed. */
function bringIntoSight(panel: HTMLElement): void {
  const hidden = panel.getBoundingClientRect().top - window.innerHeight * 0.75;
  if (hidden > 0) window.scrollBy({ top: hidden + window.innerHeight * 0.2, behavior: "smooth" });
}
