// The config of a re-execution that is not to be its parent's: it begins as the parent's.
import { useEffect } from "react";
import { useQuery } from "urql";
import { QueryError } from "../shared/ErrorMessage";
import { graphql } from "../shared/graphql";
import { ConfigField } from "./ConfigField";
import { configSkeleton } from "./config-skeleton";
import type { TextProblem } from "./config-text";
import type { ReexecuteRun } from "./reexecute-run";

const runConfigQuery = graphql(`
  query RunConfig($runId: ID!, $pipelineName: String!, $mode: String!) {
    run(id: $runId) {
      id
      runConfig
    }
    pipeline(name: $pipelineName) {
      name
      configSchema(mode: $mode)
    }
  }
`);

interface ConfigChangeProps {
  run: ReexecuteRun;
  /** Null until it is begun. */
  text: string | null;
  problems: readonly TextProblem[];
  onBegin: (text: string) => void;
  onChange: (text: string) => void;
}

export function ConfigChange({ run, text, problems, onBegin, onChange }: ConfigChangeProps) {
  const [{ data, error }, ask] = useQuery({
    query: runConfigQuery,
    variables: { runId: run.id, pipelineName: run.pipelineName, mode: run.mode },
  });
  const schema = data?.pipeline?.configSchema ?? null;
  const isKnown = text !== null;
  useEffect(() => {
    if (!isKnown && data?.run) onBegin(configSkeleton(schema, data.run.runConfig));
  }, [isKnown, data, schema, onBegin]);
  if (error && !data?.run) return <QueryError error={error} onRetry={() => ask()} />;
  return (
    <div className="space-y-1">
      <p className="text-sm text-muted">It replaces the config of the run that is re-executed, as a whole.</p>
      <ConfigField text={text} schema={schema} problems={problems} onChange={onChange} className="h-72" />
    </div>
  );
}
