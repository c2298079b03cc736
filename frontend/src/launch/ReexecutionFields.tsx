// What may be said or changed along with a re-execution.
import { useState } from "react";
import { Button } from "../shared/Button";
import { ConfigChange } from "./ConfigChange";
import { Fold, ReasonField, TagsField } from "./LaunchFields";
import type { LaunchProblem } from "./launch-problem";
import type { ReexecuteRun } from "./reexecute-run";
import { useConfigProblems } from "./use-config-problems";
import type { ReexecutionDraft } from "./use-reexecution-draft";

interface ReexecutionFieldsProps {
  run: ReexecuteRun;
  draft: ReexecutionDraft;
  /** What the service finds wrong; of the config, it is shown at its line. */
  configProblem: LaunchProblem | null;
  onSubmit: () => void;
}

export function ReexecutionFields({ run, draft, configProblem, onSubmit }: ReexecutionFieldsProps) {
  const [isTagsOpen, openTags] = useState(false);
  const [isConfigOpen, openConfig] = useState(false);
  const problems = useConfigProblems(draft, configProblem);
  return (
    <form
      className="space-y-2 border-t border-line pt-4"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <ReasonField value={draft.reason} onChange={draft.setReason} />
      <Fold title="Add tags" isOpen={isTagsOpen} onToggle={openTags}>
        <TagsField
          text={draft.tagsText}
          reading={draft.tagsReading}
          onChange={draft.setTagsText}
          note="The tags of the run that is re-executed stay; the same key replaces."
        />
      </Fold>
      <Fold
        title={draft.isConfigChanged ? "Change config (changed)" : "Change config"}
        isOpen={isConfigOpen}
        onToggle={openConfig}
      >
        <ConfigChange
          run={run}
          text={draft.configText}
          problems={problems}
          onBegin={draft.beginConfig}
          onChange={draft.setConfigText}
        />
        {draft.isConfigChanged && (
          <Button size="sm" kind="quiet" className="mt-1" onClick={draft.resetConfig}>
            Back to the config of the run
          </Button>
        )}
      </Fold>
    </form>
  );
}
