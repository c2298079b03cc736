// What is written in the plan dialog before a launch, and what it asks for.
import { useMemo, useState } from "react";
import type { Json } from "../shared/graphql";
import { readConfig, type TextProblem } from "./config-text";
import type { Strategy } from "./plan-fields";
import type { ReexecuteRun } from "./reexecute-run";
import { needsSelection } from "./strategies";
import { readTags } from "./tags-text";
import type { ReexecutionArguments } from "./use-reexecution-plan";
import { useSettled } from "./use-settled";

const NO_PROBLEMS: readonly TextProblem[] = [];

export type ReexecutionDraft = ReturnType<typeof useReexecutionDraft>;

export function useReexecutionDraft(run: ReexecuteRun, strategy: Strategy, selectionText: string) {
  const [reason, setReason] = useState("");
  const [tagsText, setTagsText] = useState("");
  // As it was at first, and as it is: what has not been changed is the parent's.
  const [parentConfig, setParentConfig] = useState<string | null>(null);
  const [configText, setConfigText] = useState<string | null>(null);

  const isConfigChanged = configText !== null && configText !== parentConfig;
  const changedText = isConfigChanged ? configText : null;
  const settledText = useSettled(changedText);
  const reading = useMemo(() => (settledText === null ? null : readConfig(settledText)), [settledText]);
  const tagsReading = useMemo(() => readTags(tagsText), [tagsText]);

  const runConfig: Json = reading?.kind === "config" ? reading.value : null;
  const asked = useMemo<ReexecutionArguments>(
    () => ({
      parentRunId: run.id,
      strategy,
      selection: needsSelection(strategy) ? [selectionText] : null,
      runConfig,
    }),
    [run.id, strategy, selectionText, runConfig],
  );

  const isUnreadable = reading?.kind === "error";
  return {
    asked,
    reason,
    setReason,
    tags: tagsReading.kind === "tags" ? tagsReading.tags : [],
    tagsText,
    tagsReading,
    setTagsText,
    configText,
    isConfigChanged,
    beginConfig: (text: string) => {
      setParentConfig(text);
      setConfigText(text);
    },
    setConfigText,
    resetConfig: () => setConfigText(parentConfig),
    /** Where the config's text is no YAML. */
    syntaxProblems: isUnreadable ? reading.problems : NO_PROBLEMS,
    isUnreadable,
    /** More has been written than was asked about. */
    isBehind: changedText !== settledText,
    /** Why this cannot be launched as it is written. */
    problem:
      (isUnreadable && "The config cannot be read: mend it first.") ||
      (tagsReading.kind === "error" && `The tags cannot be read. ${tagsReading.message}`) ||
      null,
  };
}
