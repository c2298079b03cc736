// What the step made: a preview of each output, where it lies, its metadata.
import { formatBytes } from "../shared/bytes";
import { CopyButton } from "../shared/CopyButton";
import { ScrolledText } from "../shared/ScrolledText";
import { Metadata } from "./Metadata";
import type { Step, StepOutput } from "./step-queries";

export function StepOutputs({ step }: { step: Step }) {
  return (
    <div className="min-w-0">
      <h3 className="mb-1 font-medium">Outputs</h3>
      {step.outputs.length === 0 && <p className="text-sm text-muted">none</p>}
      <ul className="space-y-4">
        {step.outputs.map((output) => (
          <li key={`${output.name} ${output.mappingKey ?? ""}`} className="space-y-1.5 text-sm">
            <Output output={output} name={`${step.stepKey}.${output.name}`} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Output({ output, name }: { output: StepOutput; name: string }) {
  return (
    <>
      <p className="flex flex-wrap items-center gap-x-3">
        <span className="font-medium">
          {output.name}
          {output.mappingKey !== null && `[${output.mappingKey}]`}
        </span>
        {output.sizeBytes !== null && (
          <span data-numeric className="text-muted">
            {formatBytes(output.sizeBytes)}
          </span>
        )}
        {output.digest !== null && (
          <span className="inline-flex items-center text-muted">
            <code className="font-mono text-xs" title={output.digest}>
              {shortDigest(output.digest)}
            </code>
            <CopyButton label={`Copy the digest of ${name}`} text={output.digest} />
          </span>
        )}
      </p>
      {output.uri !== null && (
        <p className="flex items-center text-muted">
          <code className="min-w-0 truncate font-mono text-xs" title={output.uri}>
            {output.uri}
          </code>
          <CopyButton label={`Copy the place of ${name}`} text={output.uri} />
        </p>
      )}
      {output.preview !== null && (
        <ScrolledText label={`Preview of ${name}`} text={output.preview} className="max-h-40" />
      )}
      <Metadata metadata={output.metadata} of={name} />
    </>
  );
}

/** "sha256:38510c30d04d…" */
function shortDigest(digest: string): string {
  return `${digest.slice(0, digest.indexOf(":") + 13)}…`;
}
