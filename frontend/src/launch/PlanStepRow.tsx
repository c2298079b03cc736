// One step of a plan.
import { formatDuration } from "../shared/time";
import { SOFT } from "../shared/tone";
import { ActionTag } from "./ActionTag";
import { PlanData } from "./PlanData";
import type { PlannedStep } from "./plan-fields";

export function PlanStepRow({ step, runId }: { step: PlannedStep; runId: string }) {
  return (
    <tr className="align-top [&+tr]:border-t [&+tr]:border-line [&>*]:py-2 [&>*]:pr-4">
      <td className="w-px">
        <ActionTag action={step.action} />
      </td>
      <th scope="row" className="text-left font-medium">
        <span className="break-all font-mono text-sm sm:break-normal">{step.stepKey}</span>
        {step.isStale && (
          <>
            {/* A blank, so that it is read as two words. */}{" "}
            <span
              title="What this was made from has since been replaced, or will be"
              className={`rounded-full px-2 py-0.5 text-xs font-medium ${SOFT.warning}`}
            >
              stale
            </span>
          </>
        )}
        <div className="font-normal sm:hidden">
          <Why step={step} />
        </div>
        <div className="font-normal md:hidden">
          <PlanData step={step} runId={runId} />
        </div>
      </th>
      <td className="hidden sm:table-cell">
        <Why step={step} />
      </td>
      <td className="hidden md:table-cell">
        <PlanData step={step} runId={runId} />
      </td>
      <td data-numeric className="whitespace-nowrap pr-0! text-right text-sm text-muted">
        {step.action === "EXECUTE" && <Estimate durationMs={step.estimatedDurationMs} />}
      </td>
    </tr>
  );
}

function Why({ step }: { step: PlannedStep }) {
  return <p className="text-sm text-muted">{step.reason}</p>;
}

function Estimate({ durationMs }: { durationMs: number | null }) {
  if (durationMs !== null) return formatDuration(durationMs);
  return (
    <span title="It has not succeeded yet, so nobody knows">
      <span aria-hidden>–</span>
      <span className="sr-only">unknown</span>
    </span>
  );
}
