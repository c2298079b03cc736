// The steps of a plan: what is done with each, why, and with which data.
import { useId, useState } from "react";
import { Button } from "../shared/Button";
import { FIELD } from "../shared/field";
import { PlanStepRow } from "./PlanStepRow";
import type { Plan } from "./plan-fields";
import { hiddenText, type PlanGroup, planGroups, shownAtFirst } from "./plan-view";

const FEW = 12;
const MORE = 200;

interface PlanStepsProps {
  plan: Plan;
  /** Of a plan that was launched: its run, called "this run". */
  runId?: string;
}

export function PlanSteps({ plan, runId = "" }: PlanStepsProps) {
  const [filter, setFilter] = useState("");
  const groups = planGroups(plan, filter);
  return (
    <div className="space-y-2">
      {plan.steps.length > FEW && <Filter value={filter} onChange={setFilter} />}
      <table className="w-full text-left">
        <thead className="text-xs text-muted">
          <tr className="[&>th]:pb-1.5 [&>th]:pr-4 [&>th]:font-normal">
            <th scope="col">Action</th>
            <th scope="col">Step</th>
            <th scope="col" className="hidden sm:table-cell">
              Why
            </th>
            <th scope="col" className="hidden md:table-cell">
              Data
            </th>
            <th scope="col" className="pr-0! text-right">
              Estimate
            </th>
          </tr>
        </thead>
        {groups.map((group) => (
          <Group key={group.action} group={group} isAlone={plan.steps.length <= FEW} runId={runId} />
        ))}
      </table>
      {groups.length === 0 && <p className="py-4 text-center text-muted">No step matches “{filter}”.</p>}
    </div>
  );
}

/** As many rows as one wants to read; more on demand, so that 2,000 steps cost no more than 20. */
function Group({ group, isAlone, runId }: { group: PlanGroup; isAlone: boolean; runId: string }) {
  const [more, setMore] = useState(0);
  const limit = isAlone ? group.steps.length : shownAtFirst(group.action) + more;
  const hidden = group.steps.length - limit;
  return (
    <tbody className="border-t border-line">
      {group.steps.slice(0, limit).map((step) => (
        <PlanStepRow key={step.stepKey} step={step} runId={runId} />
      ))}
      {hidden > 0 && (
        <tr className="border-t border-line">
          <td colSpan={5} className="py-1.5">
            <Button size="sm" kind="quiet" onClick={() => setMore(more + MORE)}>
              {hiddenText(group.action, hidden)}
              {hidden > MORE && `: show ${MORE} of them`}
            </Button>
          </td>
        </tr>
      )}
    </tbody>
  );
}

function Filter({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="sr-only">
        Filter the plan's steps
      </label>
      <input
        id={id}
        type="search"
        value={value}
        placeholder="Filter by step or reason"
        onChange={(event) => onChange(event.target.value)}
        className={`${FIELD} h-8 w-full max-w-72`}
      />
    </div>
  );
}
