// What is wrong with a config, at its places in the text: that it cannot be read, else what the service finds.
import { useMemo } from "react";
import { placeProblems, type TextProblem } from "./config-text";
import type { LaunchProblem } from "./launch-problem";

interface Written {
  configText: string | null;
  syntaxProblems: readonly TextProblem[];
}

export function useConfigProblems(
  { configText, syntaxProblems }: Written,
  problem: LaunchProblem | null,
): readonly TextProblem[] {
  const found = problem?.__typename === "InvalidRunConfigError" ? problem.problems : null;
  return useMemo(() => {
    if (syntaxProblems.length > 0 || configText === null || !found) return syntaxProblems;
    return placeProblems(configText, found);
  }, [syntaxProblems, configText, found]);
}
