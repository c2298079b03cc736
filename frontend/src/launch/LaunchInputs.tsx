// What is chosen and written for a launch.
import { useMemo } from "react";
import { SelectionBox } from "../selection/SelectionBox";
import { usePipelineSelection } from "../selection/use-selection";
import { vocabularyOf } from "../selection/vocabulary";
import { Button } from "../shared/Button";
import { QueryError } from "../shared/ErrorMessage";
import { ConfigField } from "./ConfigField";
import type { TextProblem } from "./config-text";
import { ReasonField, TagsField } from "./LaunchFields";
import type { LaunchedPipeline } from "./launch-queries";
import { ModeField } from "./ModeField";
import type { LaunchDraft } from "./use-launch-draft";
import type { ChangeLaunchSearch } from "./use-launch-search";

interface LaunchInputsProps {
  pipeline: LaunchedPipeline;
  draft: LaunchDraft;
  configProblems: readonly TextProblem[];
  selectionText: string;
  change: ChangeLaunchSearch;
}

export function LaunchInputs({ pipeline, draft, configProblems, selectionText, change }: LaunchInputsProps) {
  const selection = usePipelineSelection(pipeline.name, selectionText);
  const vocabulary = useMemo(() => {
    const keys = pipeline.steps.map((step) => step.key);
    return vocabularyOf(keys, pipeline.steps, false);
  }, [pipeline]);
  const { length: count } = vocabulary.stepKeys;
  return (
    <div className="panel min-w-0 space-y-4 p-4">
      {pipeline.modes.length > 1 && (
        <ModeField modes={pipeline.modes} value={draft.asked.mode} onChange={(mode) => change({ mode })} />
      )}
      <div className="space-y-1">
        <h2 className="text-sm font-medium">
          Steps <span className="font-normal text-muted">(all, unless you select some)</span>
        </h2>
        <SelectionBox
          text={selectionText}
          onChange={(text) => change({ selection: text || undefined })}
          answer={selection}
          vocabulary={vocabulary}
          whenEmpty={count === 1 ? "Its one step" : `All ${count} steps`}
        />
      </div>
      <ConfigInput draft={draft} problems={configProblems} />
      <TagsField text={draft.tagsText} reading={draft.tagsReading} onChange={draft.setTagsText} />
      <ReasonField value={draft.reason} onChange={draft.setReason} />
    </div>
  );
}

function ConfigInput({ draft, problems }: { draft: LaunchDraft; problems: readonly TextProblem[] }) {
  return (
    <div className="space-y-1">
      <div className="flex h-7 items-center justify-between gap-2">
        <h2 className="text-sm font-medium">
          Config <span className="font-normal text-muted">(YAML or JSON)</span>
        </h2>
        {draft.isWritten && (
          <Button size="sm" kind="quiet" onClick={draft.resetConfig}>
            Begin again
          </Button>
        )}
      </div>
      {draft.schemaError && <QueryError error={draft.schemaError} onRetry={draft.askSchema} />}
      <ConfigField
        text={draft.configText}
        schema={draft.schema}
        problems={problems}
        onChange={draft.setConfigText}
        className="h-80"
      />
    </div>
  );
}
