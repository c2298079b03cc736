// What a pipeline is, and the way to launch it.
import { steps } from "../launch/plan-view";
import { buttonLook } from "../shared/Button";
import { LaunchLink } from "./LaunchLink";
import { NotServed } from "./NotServed";
import { PipelineTags } from "./PipelineTags";
import type { Pipeline } from "./pipeline-queries";

const SHORT_HASH = 12;

export function PipelineHeader({ pipeline }: { pipeline: Pipeline }) {
  const { name, description, modes, snapshotId, launchable, tags } = pipeline;
  return (
    <header className="flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="min-w-0 space-y-1">
        <h1 className="break-words text-xl font-semibold">{name}</h1>
        {description && <p>{description}</p>}
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
          {steps(pipeline.steps.length)}
          {modes.length > 1 && <span>modes: {modes.join(", ")}</span>}
          <span title={`Snapshot ${snapshotId}`}>
            snapshot <code className="font-mono text-xs">{snapshotId.slice(0, SHORT_HASH)}</code>
          </span>
          {!launchable && <NotServed />}
          <PipelineTags tags={tags} />
        </p>
      </div>
      <LaunchLink name={name} look={buttonLook("primary")} />
    </header>
  );
}
