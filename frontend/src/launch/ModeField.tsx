// Chooses among a pipeline's modes.
import { useId } from "react";
import { FIELD } from "../shared/field";

interface ModeFieldProps {
  modes: readonly string[];
  value: string;
  onChange: (mode: string) => void;
}

export function ModeField({ modes, value, onChange }: ModeFieldProps) {
  const id = useId();
  return (
    <div className="space-y-1">
      <label htmlFor={id} className="text-sm font-medium">
        Mode
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className={`${FIELD} block h-9 w-full max-w-80`}
      >
        {modes.map((mode) => (
          <option key={mode}>{mode}</option>
        ))}
      </select>
    </div>
  );
}
