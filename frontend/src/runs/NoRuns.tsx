// The first page before anything ran: what this is for, and what to do at once.
import { Link } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useQuery } from "urql";
import { buttonLook } from "../shared/Button";
import { graphql } from "../shared/graphql";
import { LoadingPanel } from "../shared/Skeleton";
import { useOnServedChange } from "../shared/use-workers";

const launchableQuery = graphql(`
  query LaunchablePipelines {
    pipelines {
      name
      description
      launchable
      steps {
        key
      }
    }
  }
`);

export function NoRuns() {
  const [{ data }, ask] = useQuery({ query: launchableQuery });
  // Who has just started a worker waits for its pipelines here.
  useOnServedChange(() => ask({ requestPolicy: "network-only" }));
  return (
    <div className="mx-auto max-w-3xl space-y-6 py-8">
      <h1 className="sr-only">Runs</h1>
      <div className="space-y-2">
        <p className="text-xl font-semibold">Nothing has run yet</p>
        <p className="max-w-prose text-muted">
          Dalsegno runs your pipelines, and when a step fails it executes again only what must run again: you
          see beforehand what that is, what is reused, from where, and why.
        </p>
      </div>
      {!data && <LoadingPanel label="Reading the pipelines" className="h-32" />}
      {data && (data.pipelines.length > 0 ? <Launchable pipelines={data.pipelines} /> : <HowToServe />)}
    </div>
  );
}

interface LaunchablePipeline {
  name: string;
  description: string | null;
  launchable: boolean;
  steps: readonly { key: string }[];
}

function Launchable({ pipelines }: { pipelines: readonly LaunchablePipeline[] }) {
  return (
    <ul aria-label="Pipelines" className="space-y-3">
      {pipelines.map(({ name, description, launchable, steps }) => (
        <li key={name} className="panel flex flex-wrap items-center justify-between gap-x-6 gap-y-3 p-4">
          <div className="min-w-0 flex-1 basis-72">
            <Link to="/pipelines/$name" params={{ name }} className="font-semibold hover:underline">
              {name}
            </Link>
            <p className="text-muted">{description}</p>
            <p className="line-clamp-2 text-sm text-muted [overflow-wrap:anywhere]">
              {steps.map((step) => step.key).join(" · ")}
            </p>
            {!launchable && (
              <p className="text-sm text-warning-ink">No worker serves it at the moment: a run would wait.</p>
            )}
          </div>
          <Link to="/pipelines/$name/launch" params={{ name }} className={buttonLook("primary")}>
            <Play aria-hidden size={15} /> Launch {name}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function HowToServe() {
  return (
    <div className="panel space-y-3 p-4">
      <p>No pipelines yet. Start a worker with your code; its pipelines appear here:</p>
      <pre className="overflow-auto rounded-md bg-sunken p-3 font-mono text-sm">
        dalsegno worker -f pipeline.py
      </pre>
      <p className="text-muted">
        On one machine, one command starts the service and a worker together:{" "}
        <code className="font-mono text-sm text-ink">dalsegno dev -f pipeline.py</code>
      </p>
    </div>
  );
}
