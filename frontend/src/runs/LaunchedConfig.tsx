// The run's config, to be read and copied, as YAML or as JSON.
import { useEffect, useState } from "react";
import { useQuery } from "urql";
import { Button } from "../shared/Button";
import { CopyButton } from "../shared/CopyButton";
import { QueryError } from "../shared/ErrorMessage";
import { graphql, type Json } from "../shared/graphql";
import { ScrolledText } from "../shared/ScrolledText";
import { LoadingPanel } from "../shared/Skeleton";

const configQuery = graphql(`
  query LaunchedConfig($runId: ID!) {
    run(id: $runId) {
      id
      mode
      runConfig
    }
  }
`);

type Language = "YAML" | "JSON";

export function LaunchedConfig({ runId }: { runId: string }) {
  const [{ data, error }, ask] = useQuery({ query: configQuery, variables: { runId } });
  if (error) return <QueryError error={error} onRetry={() => ask({ requestPolicy: "network-only" })} />;
  if (!data?.run) return <LoadingPanel label="Reading the config" className="h-64" />;
  return <Config config={data.run.runConfig} mode={data.run.mode} />;
}

function Config({ config, mode }: { config: Json; mode: string }) {
  const [language, setLanguage] = useState<Language>("YAML");
  const text = useWritten(config, language);
  return (
    <div className="space-y-3">
      <div className="flex items-center gap-2">
        {(["YAML", "JSON"] as const).map((one) => (
          <Button
            key={one}
            size="sm"
            aria-pressed={one === language}
            className="aria-pressed:bg-accent-soft"
            onClick={() => setLanguage(one)}
          >
            {one}
          </Button>
        ))}
        <CopyButton label="Copy the config" text={text ?? ""} />
        <span className="ml-auto text-sm text-muted">mode {mode}</span>
      </div>
      {text === null ? (
        <LoadingPanel label="Writing the config" className="h-64" />
      ) : (
        <ScrolledText label="Config" text={text} className="max-h-[60vh] min-h-32" />
      )}
    </div>
  );
}

/** YAML's writer is loaded when it is used. */
function useWritten(config: Json, language: Language): string | null {
  const [yaml, setYaml] = useState<string | null>(null);
  useEffect(() => {
    let isStopped = false;
    void import("yaml").then(({ stringify }) => !isStopped && setYaml(stringify(config)));
    return () => {
      isStopped = true;
    };
  }, [config]);
  return language === "YAML" ? yaml : JSON.stringify(config, null, 2);
}
