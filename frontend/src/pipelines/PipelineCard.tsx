// A pipeline among others: what it is, how its runs went lately, and the way to launch it.
import { Link } from "@tanstack/react-router";
import { steps } from "../launch/plan-view";
import { buttonLook } from "../shared/Button";
import { StatusMark } from "../shared/StatusTag";
import { RUN_STATUS } from "../shared/status";
import { formatMoment } from "../shared/time";
import { SOFT } from "../shared/tone";
import { LaunchLink } from "./LaunchLink";
import { NotServed } from "./NotServed";
import { PipelineTags } from "./PipelineTags";
import type { ListedPipeline } from "./pipeline-queries";

export function PipelineCard({ pipeline }: { pipeline: ListedPipeline }) {
  const { name, description, tags, launchable } = pipeline;
  return (
    <article aria-labelledby={`pipeline-${name}`} className="panel flex h-full flex-col gap-3 p-4">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 id={`pipeline-${name}`} className="break-words text-lg font-semibold">
            <Link to="/pipelines/$name" params={{ name }} className="hover:underline">
              {name}
            </Link>
          </h2>
          {description && <p className="text-muted">{description}</p>}
        </div>
        <LaunchLink name={name} look={buttonLook("secondary")} />
      </div>
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
        {steps(pipeline.steps.length)}
        {!launchable && <NotServed />}
        <PipelineTags tags={tags} />
      </p>
      <LastRuns pipeline={pipeline} />
    </article>
  );
}

/** The newest at the right, as time runs. */
function LastRuns({ pipeline: { name, runs } }: { pipeline: ListedPipeline }) {
  if (runs.edges.length === 0) return <p className="mt-auto text-sm text-muted">It has not run yet.</p>;
  const now = new Date();
  return (
    <div className="mt-auto flex flex-wrap items-center justify-between gap-2">
      <ol aria-label={`Last runs of ${name}`} className="flex gap-1">
        {runs.edges.toReversed().map(({ node }) => {
          const look = RUN_STATUS[node.status];
          const said = `${look.label}, ${formatMoment(new Date(node.createdAt), now)}`;
          return (
            <li key={node.id}>
              <Link
                to="/runs/$runId"
                params={{ runId: node.id }}
                aria-label={`Run, ${said}`}
                title={said}
                className={`flex size-7 items-center justify-center rounded-md ${SOFT[look.tone]}`}
              >
                <StatusMark look={look} size={14} />
              </Link>
            </li>
          );
        })}
      </ol>
      <Link to="/" search={{ pipeline: name }} className="text-sm text-accent underline underline-offset-2">
        {runs.totalCount === 1 ? "its run" : `all ${runs.totalCount.toLocaleString("en")} runs`}
      </Link>
    </div>
  );
}
