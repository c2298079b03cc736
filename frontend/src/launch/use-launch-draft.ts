// What is written on the launch page, and what it asks for.
import { useMemo, useState } from "react";
import { useQuery } from "urql";
import { usersTags } from "../shared/own-tags";
import { useOnServedChange } from "../shared/use-workers";
import { configSkeleton } from "./config-skeleton";
import { readConfig, type TextProblem } from "./config-text";
import { configSchemaQuery, type LaunchedPipeline, type LikeRun } from "./launch-queries";
import { readTags, writeTags } from "./tags-text";
import type { RunArguments } from "./use-launch-run";
import { useSettled } from "./use-settled";

const NO_PROBLEMS: readonly TextProblem[] = [];

export type LaunchDraft = ReturnType<typeof useLaunchDraft>;

export function useLaunchDraft(
  pipeline: LaunchedPipeline,
  like: LikeRun | null,
  mode: string,
  selectionText: string,
) {
  const [reason, setReason] = useState("");
  const [tagsText, setTagsText] = useState(() => writeTags(usersTags(like?.tags ?? [])));
  const [written, setConfigText] = useState<string | null>(null);

  const [{ data, error }, askSchema] = useQuery({
    query: configSchemaQuery,
    variables: { name: pipeline.name, mode },
  });
  useOnServedChange(() => askSchema({ requestPolicy: "network-only" }));
  const schema = data?.pipeline?.configSchema ?? null;
  const isKnown = data !== undefined;
  const skeleton = useMemo(
    () => (isKnown ? configSkeleton(schema, like?.runConfig) : null),
    [isKnown, schema, like],
  );
  // Until something is written, the skeleton; it follows the mode.
  const configText = written ?? skeleton;

  const settledConfig = useSettled(configText);
  const settledSelection = useSettled(selectionText);
  const reading = useMemo(() => readConfig(settledConfig ?? ""), [settledConfig]);
  const tagsReading = useMemo(() => readTags(tagsText), [tagsText]);
  const runConfig = reading.kind === "config" ? reading.value : null;
  const asked = useMemo<RunArguments>(
    () => ({
      pipelineName: pipeline.name,
      mode,
      runConfig,
      selection: settledSelection === "" ? null : [settledSelection],
    }),
    [pipeline.name, mode, runConfig, settledSelection],
  );

  const isUnreadable = reading.kind === "error";
  return {
    asked,
    reason,
    setReason,
    tags: tagsReading.kind === "tags" ? tagsReading.tags : [],
    tagsText,
    tagsReading,
    setTagsText,
    configText,
    isWritten: written !== null && written !== skeleton,
    setConfigText,
    resetConfig: () => setConfigText(null),
    schema,
    schemaError: error ?? null,
    askSchema: () => askSchema({ requestPolicy: "network-only" }),
    /** Where the config's text is no YAML. */
    syntaxProblems: isUnreadable ? reading.problems : NO_PROBLEMS,
    isUnreadable,
    /** More has been written than was asked about. */
    isBehind: configText === null || configText !== settledConfig || selectionText !== settledSelection,
    /** Why this cannot be launched as it is written. */
    problem:
      (isUnreadable && "The config cannot be read: mend it first.") ||
      (tagsReading.kind === "error" && `The tags cannot be read. ${tagsReading.message}`) ||
      null,
  };
}
