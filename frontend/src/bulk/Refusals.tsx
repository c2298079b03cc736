// Runs that are refused, reason by reason.
import { WarningMessage } from "../shared/ErrorMessage";
import type { BulkPlan } from "./bulk-queries";
import { runsText } from "./bulk-words";

export function Refusals({ title, refusals }: { title: string; refusals: BulkPlan["refusals"] }) {
  if (refusals.length === 0) return null;
  return (
    <WarningMessage title={title}>
      <ul className="max-h-52 list-disc overflow-auto pl-5">
        {refusals.map((refusal) => (
          <li key={refusal.message}>
            {runsText(refusal.runs)}: {refusal.message}
          </li>
        ))}
      </ul>
    </WarningMessage>
  );
}
