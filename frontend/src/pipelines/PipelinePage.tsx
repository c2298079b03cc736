// One pipeline: its graph, its steps, how its runs went.
import { getRouteApi } from "@tanstack/react-router";
import { lazy, Suspense, useCallback, useMemo } from "react";
import { useQuery } from "urql";
import { UnknownPipeline } from "../launch/UnknownPipeline";
import { QueryError } from "../shared/ErrorMessage";
import { LoadingPanel } from "../shared/Skeleton";
import { useTitle } from "../shared/use-title";
import { useOnServedChange } from "../shared/use-workers";
import { PipelineGraph } from "./PipelineGraph";
import { PipelineHeader } from "./PipelineHeader";
import { type Pipeline, pipelineQuery } from "./pipeline-queries";
import { RecentRuns } from "./RecentRuns";
import { StepDefinitionPanel } from "./StepDefinitionPanel";

const route = getRouteApi("/pipelines/$name");

const RunGridPanel = lazy(async () => ({ default: (await import("../grid/RunGridPanel")).RunGridPanel }));

export function PipelinePage() {
  const { name } = route.useParams();
  useTitle(name);
  return <ReadPipeline key={name} name={name} />;
}

function ReadPipeline({ name }: { name: string }) {
  const [{ data, error }, ask] = useQuery({ query: pipelineQuery, variables: { name } });
  const askAgain = () => ask({ requestPolicy: "network-only" });
  useOnServedChange(askAgain);
  if (!data) {
    return error ? (
      <QueryError error={error} onRetry={askAgain} />
    ) : (
      <LoadingPanel label="Loading the pipeline" className="h-[36rem]" />
    );
  }
  if (data.pipeline) return <ShownPipeline pipeline={data.pipeline} />;
  return (
    <div className="space-y-4">
      <h1 className="break-words text-xl font-semibold">{name}</h1>
      <UnknownPipeline name={name} />
    </div>
  );
}

function ShownPipeline({ pipeline }: { pipeline: Pipeline }) {
  const { step: openKey } = route.useSearch();
  const navigate = route.useNavigate();
  const openStep = useCallback(
    (step: string | null) =>
      void navigate({
        search: ({ step: _closed, ...others }) => (step === null ? others : { ...others, step }),
        resetScroll: false,
      }),
    [navigate],
  );
  const open = pipeline.steps.find((step) => step.key === openKey) ?? null;
  const stepKeys = useMemo(() => pipeline.steps.map((step) => step.key), [pipeline.steps]);
  return (
    <div className="space-y-4">
      <PipelineHeader pipeline={pipeline} />
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[minmax(0,1fr)_24rem] lg:grid-rows-[auto_1fr]">
        <PipelineGraph steps={pipeline.steps} openKey={open?.key ?? null} onOpen={openStep} />
        <div className="space-y-4 lg:row-span-2">
          {open && <StepDefinitionPanel pipeline={pipeline} step={open} onOpen={openStep} />}
          <RecentRuns name={pipeline.name} />
        </div>
        <Suspense fallback={<LoadingPanel label="Loading the steps in runs" className="h-48" />}>
          <RunGridPanel pipelineName={pipeline.name} stepKeys={stepKeys} />
        </Suspense>
      </div>
    </div>
  );
}
