// Where a step's data comes from: the run that stands in for it, or each of its inputs.
import { Link } from "@tanstack/react-router";
import { shortRunId } from "../shared/run-id";
import type { PlannedStep } from "./plan-fields";
import { type InputSource, outputName } from "./plan-view";

const SHOWN_SOURCES = 3;

export function PlanData({ step, runId }: { step: PlannedStep; runId: string }) {
  if (step.reusedFromRunId !== null) {
    return (
      <p className="text-sm">
        from <RunLink runId={step.reusedFromRunId} own={runId} />
      </p>
    );
  }
  if (step.inputs.length === 0) return null;
  return (
    <ul className="text-sm">
      {step.inputs.map((input) => (
        <li key={input.name}>
          <span className="text-muted">{input.name} ← </span>
          <Sources sources={input.sources} own={runId} />
        </li>
      ))}
    </ul>
  );
}

function Sources({ sources, own }: { sources: readonly InputSource[]; own: string }) {
  if (sources.length === 0) return <>the run config</>;
  const hidden = sources.length - SHOWN_SOURCES;
  return (
    <>
      {sources.slice(0, SHOWN_SOURCES).map((source, index) => (
        <span key={`${source.runId} ${outputName(source)}`}>
          {index > 0 && ", "}
          <span className="font-mono text-xs">{outputName(source)}</span>{" "}
          <RunLink runId={source.runId} own={own} />
        </span>
      ))}
      {hidden > 0 && `, and ${hidden.toLocaleString("en")} more`}
    </>
  );
}

function RunLink({ runId, own }: { runId: string; own: string }) {
  if (runId === "" || runId === own) return <span className="whitespace-nowrap text-muted">this run</span>;
  return (
    <Link
      to="/runs/$runId"
      params={{ runId }}
      title={`Run ${runId}`}
      className="whitespace-nowrap font-mono text-xs text-accent underline underline-offset-2"
    >
      {shortRunId(runId)}
    </Link>
  );
}
