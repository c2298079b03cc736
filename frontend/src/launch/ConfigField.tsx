// Where a run config is written: the editor, loaded when it is needed, and its problems in words.
import { CircleAlert } from "lucide-react";
import { lazy, Suspense } from "react";
import type { Json } from "../shared/graphql";
import { LoadingPanel } from "../shared/Skeleton";
import type { TextProblem } from "./config-text";

const ConfigEditor = lazy(() =>
  import("./ConfigEditor").then((module) => ({ default: module.ConfigEditor })),
);

export interface ConfigFieldProps {
  /** Null until it is known. */
  text: string | null;
  schema: Json;
  problems: readonly TextProblem[];
  onChange: (text: string) => void;
  /** Its height. */
  className: string;
}

export function ConfigField({ text, problems, className, ...rest }: ConfigFieldProps) {
  const loading = <LoadingPanel label="Loading the editor" className={className} />;
  return (
    <div>
      {text === null ? (
        loading
      ) : (
        <Suspense fallback={loading}>
          <ConfigEditor text={text} problems={problems} className={className} {...rest} />
        </Suspense>
      )}
      <ConfigProblems problems={problems} />
    </div>
  );
}

function ConfigProblems({ problems }: { problems: readonly TextProblem[] }) {
  return (
    <ul
      aria-label="Problems of the config"
      aria-live="polite"
      className="mt-1.5 space-y-0.5 text-sm text-failure-ink"
    >
      {problems.map((one) => (
        <li key={`${one.from} ${one.message}`} className="flex gap-1.5">
          <CircleAlert aria-hidden size={14} className="mt-0.5 shrink-0" />
          <span className="min-w-0 break-words">
            Line {one.line}: {one.message}
          </span>
        </li>
      ))}
    </ul>
  );
}
