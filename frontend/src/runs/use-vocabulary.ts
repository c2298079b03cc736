// What a selection on a run may be made of; what is known besides its keys is asked when somebody begins to write.
import { useCallback, useMemo, useState } from "react";
import { useQuery } from "urql";
import { type Vocabulary, vocabularyOf } from "../selection/vocabulary";
import { graphql } from "../shared/graphql";

const stepTagsQuery = graphql(`
  query StepTags($runId: ID!) {
    run(id: $runId) {
      id
      steps {
        key
        tags {
          key
          value
        }
      }
    }
  }
`);

/** The words, and the function that says that they are needed. */
export function useVocabulary(runId: string, stepKeys: readonly string[]): [Vocabulary, () => void] {
  const [isNeeded, setIsNeeded] = useState(false);
  const [{ data }] = useQuery({
    query: stepTagsQuery,
    variables: { runId },
    requestPolicy: "cache-first",
    pause: !isNeeded,
  });
  const steps = data?.run?.steps;
  const vocabulary = useMemo(() => vocabularyOf(stepKeys, steps ?? [], true), [stepKeys, steps]);
  return [vocabulary, useCallback(() => setIsNeeded(true), [])];
}
