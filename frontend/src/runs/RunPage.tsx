// One run: what it does, what came of it, and what to do next.
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { GanttChart } from "../gantt/GanttChart";
import { SelectionBox } from "../selection/SelectionBox";
import { useRunSelection } from "../selection/use-selection";
import { buttonLook } from "../shared/Button";
import { EmptyState } from "../shared/EmptyState";
import { QueryError } from "../shared/ErrorMessage";
import { shortRunId } from "../shared/run-id";
import { RUN_STATUS } from "../shared/status";
import { parseInstant } from "../shared/time";
import { useTitle } from "../shared/use-title";
import { EventsPanel } from "./EventsPanel";
import { LaunchedDialog } from "./LaunchedDialog";
import { RunGroupPanel } from "./RunGroupPanel";
import { RunHeader } from "./RunHeader";
import { RunNotices } from "./RunNotices";
import { RunPageSkeleton } from "./RunPageSkeleton";
import type { RunView } from "./run-updates";
import { StepPanel } from "./StepPanel";
import { useRun } from "./use-run";
import { useRunSearch } from "./use-run-search";
import { useStaleAtLaunch } from "./use-stale";
import { useStepClicks } from "./use-step-clicks";
import { useVocabulary } from "./use-vocabulary";

const route = getRouteApi("/runs/$runId");

export function RunPage() {
  const { runId } = route.useParams();
  // Another run is another page: nothing of one is ever shown under the address of the other.
  return <ReadRun key={runId} runId={runId} />;
}

function ReadRun({ runId }: { runId: string }) {
  const [state, tryAgain] = useRun(runId);
  useTitle(
    state.kind === "there"
      ? `${state.view.run.pipelineName}, ${RUN_STATUS[state.view.run.status].label}, ${shortRunId(runId)}`
      : `Run ${shortRunId(runId)}`,
  );
  switch (state.kind) {
    case "loading":
      return <RunPageSkeleton />;
    case "failed":
      return <QueryError error={state.error} onRetry={tryAgain} />;
    case "missing":
      return <NoSuchRun runId={runId} />;
    case "there":
      return <ShownRun view={state.view} />;
  }
}

function ShownRun({ view: { run, steps, stepKeys } }: { view: RunView }) {
  const [search, change] = useRunSearch();
  const selectionText = search.selection ?? "";
  const selection = useRunSelection(run.id, selectionText);
  const [vocabulary, begin] = useVocabulary(run.id, stepKeys);
  const staleKeys = useStaleAtLaunch(run);
  const picked = "stepKeys" in selection ? selection.stepKeys : NO_KEYS;
  const selectedKeys = useMemo(() => new Set(picked), [picked]);

  const onClickStep = useStepClicks(
    { text: selectionText, picked, isKnown: selection.kind !== "asking" },
    change,
  );

  return (
    <div className="space-y-4">
      <RunHeader run={run} selectionText={selectionText} selection={selection} />
      <RunNotices run={run} />
      <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_22rem] lg:grid-rows-[auto_1fr]">
        <div className="min-w-0 space-y-3">
          <SelectionBox
            text={selectionText}
            onChange={(text) => change({ selection: text || undefined }, { isTyping: true })}
            answer={selection}
            vocabulary={vocabulary}
            onFocus={begin}
            whenEmpty="No step selected. Click a bar below, or write which steps."
          />
          <GanttChart
            steps={steps}
            startMs={run.startedAt === null ? null : parseInstant(run.startedAt)}
            endMs={run.endedAt === null ? null : parseInstant(run.endedAt)}
            selectedKeys={selectedKeys}
            staleKeys={staleKeys}
            openKey={search.step ?? null}
            onClickStep={onClickStep}
          />
          {search.step !== undefined && (
            <StepPanel
              key={search.step}
              runId={run.id}
              stepKey={search.step}
              row={steps.find((step) => step.key === search.step) ?? null}
            />
          )}
        </div>
        <div className="max-h-128 min-w-0 lg:sticky lg:top-17 lg:row-span-2 lg:max-h-[calc(100dvh-5.5rem)] lg:self-start">
          <RunGroupPanel runId={run.id} />
        </div>
        <EventsPanel runId={run.id} isQueued={run.status === "QUEUED"} selectedKeys={selectedKeys} />
      </div>
      {search.launched && <LaunchedDialog runId={run.id} what={search.launched} />}
    </div>
  );
}

const NO_KEYS: readonly string[] = [];

function NoSuchRun({ runId }: { runId: string }) {
  return (
    <EmptyState
      title={<h1>There is no such run</h1>}
      action={
        <Link to="/" className={buttonLook("primary")}>
          To the runs
        </Link>
      }
    >
      No run has the id <code className="break-all font-mono text-sm">{runId}</code>. Perhaps it is in another
      database, or its address was cut off.
    </EmptyState>
  );
}
