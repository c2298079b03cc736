// What the step took, and which run made it.
import { shortRunId } from "../shared/run-id";
import { StepLink } from "./StepLink";
import type { StepInput } from "./step-queries";

export function StepInputs({ runId, inputs }: { runId: string; inputs: readonly StepInput[] }) {
  return (
    <div className="min-w-0">
      <h3 className="mb-1 font-medium">Inputs</h3>
      {inputs.length === 0 && <p className="text-sm text-muted">none</p>}
      <ul className="space-y-1.5">
        {inputs.map((input) => (
          <li key={input.name} className="text-sm">
            <span className="font-medium">{input.name}</span>
            {input.sources.length === 0 && <span className="text-muted"> given in the run config</span>}
            <ul>
              {input.sources.map((source) => (
                <li
                  key={`${source.runId} ${source.stepKey} ${source.outputName} ${source.mappingKey}`}
                  className="text-muted"
                >
                  {"from "}
                  <StepLink
                    runId={source.runId === runId ? undefined : source.runId}
                    stepKey={source.stepKey}
                  >
                    {source.stepKey}.{source.outputName}
                    {source.mappingKey !== null && `[${source.mappingKey}]`}
                  </StepLink>
                  {source.runId === runId ? (
                    " of this run"
                  ) : (
                    <>
                      {" of run "}
                      <span className="font-mono text-xs" title={source.runId}>
                        {shortRunId(source.runId)}
                      </span>
                    </>
                  )}
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </div>
  );
}
