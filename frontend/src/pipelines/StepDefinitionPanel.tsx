// One step as its author wrote it, and how it fared.
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useQuery } from "urql";
import { propertiesAt } from "../launch/config-schema";
import { IconButton } from "../shared/Button";
import { formatDuration } from "../shared/time";
import { PipelineTags } from "./PipelineTags";
import { type Pipeline, type StepDefinition, stepDetailsQuery } from "./pipeline-queries";

interface StepDefinitionPanelProps {
  pipeline: Pipeline;
  step: StepDefinition;
  onOpen: (key: string | null) => void;
}

export function StepDefinitionPanel({ pipeline, step, onOpen }: StepDefinitionPanelProps) {
  const [{ data }] = useQuery({
    query: stepDetailsQuery,
    variables: { name: pipeline.name, mode: pipeline.modes[0] ?? "" },
  });
  const history = data?.pipeline?.steps.find((one) => one.key === step.key)?.history;
  const config = propertiesAt(data?.pipeline?.configSchema ?? null, ["steps", step.key, "config"]);
  return (
    <section aria-label={`Step ${step.key}`} className="panel">
      <header className="flex items-start justify-between gap-2 border-b border-line px-4 py-2.5">
        <div className="min-w-0">
          <h2 className="break-all font-mono font-semibold">{step.key}</h2>
          {step.description && <p className="text-sm text-muted">{step.description}</p>}
        </div>
        <IconButton label="Close the step's panel" onClick={() => onOpen(null)}>
          <X aria-hidden size={16} />
        </IconButton>
      </header>
      <dl className="space-y-3 px-4 py-3 text-sm">
        <Part title="After">
          <StepLinks keys={step.upstreamStepKeys} onOpen={onOpen} none="nothing: it may start at once" />
        </Part>
        <Part title="Before">
          <StepLinks keys={step.downstreamStepKeys} onOpen={onOpen} none="nothing" />
        </Part>
        {step.inputs.length > 0 && (
          <Part title="Inputs">
            {step.inputs.map((one) => (
              <Slot key={one.name} name={one.name} type={one.typeName} note={one.description} />
            ))}
          </Part>
        )}
        {step.outputs.length > 0 && (
          <Part title="Outputs">
            {step.outputs.map((one) => (
              <Slot key={one.name} name={one.name} type={one.typeName} note={one.description}>
                {one.isDynamic && <Mark>dynamic: any number</Mark>}
                {!one.isRequired && <Mark>may be left out</Mark>}
              </Slot>
            ))}
          </Part>
        )}
        {config.length > 0 && (
          <Part title="Config">
            {config.map((one) => (
              <Slot key={one.name} name={one.name} type={null} note={one.note} />
            ))}
          </Part>
        )}
        {step.tags.length > 0 && (
          <Part title="Tags">
            <span className="flex flex-wrap gap-1">
              <PipelineTags tags={step.tags} />
            </span>
          </Part>
        )}
        <Part title="Retries">{step.maxRetries === 0 ? "none" : `up to ${step.maxRetries}`}</Part>
        <Part title="Code version">
          <code className="break-all font-mono text-xs">{step.codeVersion}</code>
        </Part>
        <Part title="History">{history ? <History history={history} /> : <span>…</span>}</Part>
      </dl>
    </section>
  );
}

/** Of fewer executions, the slowest says as much. */
const ENOUGH_FOR_P95 = 5;

interface HistoryProps {
  history: {
    executions: number;
    failures: number;
    medianDurationMs: number | null;
    p95DurationMs: number | null;
  };
}

function History({ history }: HistoryProps) {
  const { executions, failures, medianDurationMs, p95DurationMs } = history;
  if (executions === 0) return "never executed";
  const counted = executions === 1 ? "1 execution" : `${executions} executions`;
  return (
    <span data-numeric>
      {counted}, {failures === 0 ? "none failed" : `${failures} failed`}
      {medianDurationMs !== null && (
        <>
          <br />
          median {formatDuration(medianDurationMs)}
          {p95DurationMs !== null &&
            executions >= ENOUGH_FOR_P95 &&
            `, 95 % within ${formatDuration(p95DurationMs)}`}
        </>
      )}
    </span>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[6rem_minmax(0,1fr)] gap-2">
      <dt className="text-muted">{title}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}

interface SlotProps {
  name: string;
  type: string | null;
  note: string | null;
  children?: ReactNode;
}

function Slot({ name, type, note, children }: SlotProps) {
  return (
    <div className="break-words">
      <code className="font-mono text-xs font-medium">{name}</code>
      {type && <code className="font-mono text-xs text-muted">: {type}</code>} {children}
      {note && <p className="text-muted">{note}</p>}
    </div>
  );
}

function Mark({ children }: { children: ReactNode }) {
  return <span className="rounded-sm bg-quiet-soft px-1.5 text-xs text-quiet-ink">{children}</span>;
}

interface StepLinksProps {
  keys: readonly string[];
  onOpen: (key: string) => void;
  none: string;
}

function StepLinks({ keys, onOpen, none }: StepLinksProps) {
  if (keys.length === 0) return none;
  return (
    <span className="flex flex-wrap gap-x-2">
      {keys.map((key) => (
        <button
          key={key}
          type="button"
          onClick={() => onOpen(key)}
          className="break-all text-left font-mono text-xs text-accent underline underline-offset-2"
        >
          {key}
        </button>
      ))}
    </span>
  );
}
