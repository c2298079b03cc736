// Re-executes a few runs that were picked one by one: what each would do, then what came of each.
import { Link } from "@tanstack/react-router";
import { Check, CircleAlert } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { ReasonField } from "../launch/LaunchFields";
import { steps } from "../launch/plan-view";
import { ReasonButton } from "../launch/ReasonButton";
import { useKey } from "../launch/use-launch-reexecution";
import type { ListedRun } from "../runs/runs-queries";
import { Button } from "../shared/Button";
import { Dialog } from "../shared/Dialog";
import { ErrorMessage } from "../shared/ErrorMessage";
import { shortRunId } from "../shared/run-id";
import { RunStatusTag } from "../shared/StatusTag";
import { type LaunchResult, launchReexecutionsMutation } from "./bulk-queries";
import { runsText } from "./bulk-words";
import { type BulkStrategy, StrategyField } from "./StrategyField";
import { type RunOptions, useRunOptions } from "./use-run-options";

interface SelectedRunsDialogProps {
  runs: readonly ListedRun[];
  onClose: () => void;
}

export function SelectedRunsDialog({ runs, onClose }: SelectedRunsDialogProps) {
  const [strategy, setStrategy] = useState<BulkStrategy>("FROM_FAILURE");
  const [reason, setReason] = useState("");
  const options = useRunOptions(runs.map((run) => run.id));
  const { results, problem, isLaunching, launch } = useLaunchAll(runs, strategy);
  const willRun = runs.filter((run) => options.get(run.id)?.[strategy]?.enabled !== false);
  const whyNot =
    (isLaunching && "They are being launched.") ||
    (willRun.length === 0 && "Every run would be refused.") ||
    null;
  return (
    <Dialog
      title={`Re-execute ${runsText(runs.length)}`}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Close</Button>
          {results === null && (
            <ReasonButton kind="primary" disabledReason={whyNot} onClick={() => void launch(reason)}>
              {willRun.length > 0 ? `Launch ${runsText(willRun.length)}` : "Launch"}
            </ReasonButton>
          )}
        </>
      }
    >
      <div className="space-y-4">
        {results === null && <StrategyField value={strategy} onChange={setStrategy} />}
        <ul aria-label="Selected runs" className="max-h-80 divide-y divide-line overflow-auto">
          {runs.map((run, index) => (
            <li key={run.id} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 py-1.5">
              <span className="font-medium">{run.pipelineName}</span>
              <code className="font-mono text-xs text-muted">{shortRunId(run.id)}</code>
              <RunStatusTag status={run.status} />
              <span className="min-w-0 basis-full text-sm sm:ml-auto sm:basis-auto">
                {results ? (
                  <Result result={results[index]} />
                ) : (
                  <Expected options={options.get(run.id)} strategy={strategy} />
                )}
              </span>
            </li>
          ))}
        </ul>
        {problem && <ErrorMessage title="They could not be launched">{problem}</ErrorMessage>}
        {results === null && <ReasonField value={reason} onChange={setReason} />}
      </div>
    </Dialog>
  );
}

function Expected({ options, strategy }: { options: RunOptions | undefined; strategy: BulkStrategy }) {
  const option = options?.[strategy];
  if (!option) return <span className="text-muted">…</span>;
  if (!option.enabled) return <span className="text-warning-ink">{option.disabledReason}</span>;
  return <span className="text-muted">executes {steps(option.stepKeys.length)}</span>;
}

function Result({ result }: { result: LaunchResult | undefined }) {
  if (result?.__typename === "LaunchRunSuccess") {
    return (
      <span className="inline-flex items-center gap-1 text-success-ink">
        <Check aria-hidden size={14} /> launched as{" "}
        <Link to="/runs/$runId" params={{ runId: result.run.id }} className="font-mono text-xs underline">
          {shortRunId(result.run.id)}
        </Link>
      </span>
    );
  }
  return (
    <span className="inline-flex items-start gap-1 text-failure-ink">
      <CircleAlert aria-hidden size={14} className="mt-0.5 shrink-0" />
      {result?.message ?? "refused"}
    </span>
  );
}

function useLaunchAll(runs: readonly ListedRun[], strategy: BulkStrategy) {
  const [{ fetching: isLaunching }, send] = useMutation(launchReexecutionsMutation);
  const [results, setResults] = useState<readonly LaunchResult[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const parentRunIds = runs.map((run) => run.id);
  const idempotencyKey = useKey(JSON.stringify([parentRunIds, strategy]));

  async function launch(reason: string): Promise<void> {
    const { data, error } = await send({
      parentRunIds,
      strategy,
      reason: reason.trim() || null,
      idempotencyKey,
    });
    if (data) setResults(data.launchReexecutions);
    else
      setProblem(
        error?.graphQLErrors[0]?.message ??
          "The service does not answer. Launch again: it is sent under the same key, so that no run is made twice.",
      );
  }

  return { results, problem, isLaunching, launch };
}
