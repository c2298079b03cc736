// One step in two runs.
import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { StepStatusTag } from "../shared/StatusTag";
import { Duration } from "../shared/Times";
import { SOFT } from "../shared/tone";
import type { ComparedStep } from "./compare-queries";
import { changesOf, deltaText, differs, outputsText } from "./differences";

export const COLUMNS = "md:grid-cols-[minmax(8rem,2fr)_11rem_11rem_6rem_6rem_9rem] md:gap-x-3";

interface ComparedStepRowProps {
  step: ComparedStep;
  /** Of all rows, most of which are not drawn; in CSS pixels. */
  place: { index: number; count: number; top: number; height: number };
  baseId: string;
  otherId: string;
}

export function ComparedStepRow({ step, place, baseId, otherId }: ComparedStepRowProps) {
  const { top, height } = place;
  const changes = changesOf(step);
  return (
    <li
      aria-setsize={place.count}
      aria-posinset={place.index + 1}
      className={clsx(
        COLUMNS,
        "absolute inset-x-0 flex flex-wrap content-center items-center gap-x-3 gap-y-0.5 overflow-hidden border-b border-line/60 px-4 md:grid",
        differs(step) && "bg-warning-soft/40",
      )}
      style={{ top, height }}
    >
      <span title={step.stepKey} className="min-w-0 basis-full truncate font-mono text-sm">
        {step.stepKey}
      </span>
      <Side label="base" runId={baseId} stepKey={step.stepKey} side={step.base} />
      <Side label="other" runId={otherId} stepKey={step.stepKey} side={step.other} />
      <span data-numeric className="whitespace-nowrap text-sm text-muted">
        {step.durationDeltaMs !== null && (
          <>
            <span className="sr-only">longer by </span>
            {deltaText(step.durationDeltaMs)}
          </>
        )}
      </span>
      <span
        className={clsx(
          "whitespace-nowrap text-sm",
          step.outputsIdentical === false ? "font-medium text-warning-ink" : "text-muted",
        )}
      >
        {outputsText(step) && <span className="md:sr-only">outputs </span>}
        {outputsText(step)}
      </span>
      <span className="flex gap-1">
        {changes.length > 0 && <span className="sr-only">changed: </span>}
        {changes.map((what) => (
          <span key={what} className={`rounded-full px-1.5 text-xs leading-5 ${SOFT.warning}`}>
            {what}
          </span>
        ))}
      </span>
    </li>
  );
}

interface SideProps {
  label: string;
  runId: string;
  stepKey: string;
  /** Null where the run has no such step. */
  side: ComparedStep["base"];
}

function Side({ label, runId, stepKey, side }: SideProps) {
  return (
    <span className="flex min-w-0 items-center gap-1.5 whitespace-nowrap text-sm">
      {side === null ? (
        <span className="text-muted">no such step</span>
      ) : (
        <>
          <Link
            to="/runs/$runId"
            params={{ runId }}
            search={{ step: stepKey }}
            className="rounded-full hover:ring-2 hover:ring-line-strong"
          >
            <span className="sr-only">{`${stepKey} in the ${label} run, `}</span>
            <StepStatusTag status={side.status} />
          </Link>
          {side.durationMs !== null && <Duration of={side.durationMs} />}
        </>
      )}
    </span>
  );
}
