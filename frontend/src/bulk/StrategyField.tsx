// In which way many runs are re-executed: one that needs no selection.
import type { Strategy } from "../launch/plan-fields";
import { strategyText } from "../launch/strategies";

export const BULK_STRATEGIES = ["FROM_FAILURE", "FROM_CHANGED", "ALL_STEPS"] as const satisfies Strategy[];
export type BulkStrategy = (typeof BULK_STRATEGIES)[number];

interface StrategyFieldProps {
  value: BulkStrategy;
  onChange: (value: BulkStrategy) => void;
}

export function StrategyField({ value, onChange }: StrategyFieldProps) {
  return (
    <fieldset className="space-y-1">
      <legend className="pb-1 text-sm font-medium">How</legend>
      {BULK_STRATEGIES.map((strategy) => {
        const { label, meaning } = strategyText(strategy);
        return (
          <label key={strategy} className="flex cursor-pointer items-baseline gap-2">
            <input
              type="radio"
              name="strategy"
              value={strategy}
              checked={strategy === value}
              onChange={() => onChange(strategy)}
              className="accent-accent"
            />
            <span>
              {label} <span className="text-sm text-muted">{meaning}</span>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
