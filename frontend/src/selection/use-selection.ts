// Which steps the text of a selection picks: the service says it, soon after the hand rests.
import { useEffect, useRef, useState } from "react";
import { type CombinedError, useClient } from "urql";
import { graphql } from "../shared/graphql";

/** Keys are in topological order; while an answer is being asked for, the last good one stands. */
export type SelectionAnswer =
  | { kind: "none" }
  | { kind: "asking"; stepKeys: readonly string[] }
  | { kind: "keys"; stepKeys: readonly string[] }
  /** The text is refused; `start` and `end` count code points, end exclusive. */
  | { kind: "error"; message: string; start: number; end: number; suggestions: readonly string[] }
  /** The question itself came to nothing. */
  | { kind: "failed"; message: string };

const resultFields = graphql(`
  fragment SelectionResultFields on StepSelectionResult @_unmask {
    __typename
    ... on StepSelection {
      stepKeys
    }
    ... on InvalidSelectionError {
      message
      start
      end
      suggestions
    }
  }
`);

const runSelectionQuery = graphql(
  `
    query RunSelection($of: ID!, $selection: [String!]!) {
      run(id: $of) {
        selectSteps(selection: $selection) {
          ...SelectionResultFields
        }
      }
    }
  `,
  [resultFields],
);

const pipelineSelectionQuery = graphql(
  `
    query PipelineSelection($of: String!, $selection: [String!]!) {
      pipeline(name: $of) {
        selectSteps(selection: $selection) {
          ...SelectionResultFields
        }
      }
    }
  `,
  [resultFields],
);

type Result =
  | { __typename: "StepSelection"; stepKeys: string[] }
  | {
      __typename: "InvalidSelectionError";
      message: string;
      start: number;
      end: number;
      suggestions: string[];
    };

/** Against the lineage of a run, within its group's scope. */
export function useRunSelection(runId: string, text: string): SelectionAnswer {
  const client = useClient();
  return useAnswer(`run ${runId}`, text, (selection, tell) =>
    client.query(runSelectionQuery, { of: runId, selection }, POLICY).subscribe(({ data, error }) => {
      tell(answerOf(data?.run?.selectSteps, error));
    }),
  );
}

/** On a pipeline as it was published last. */
export function usePipelineSelection(pipelineName: string, text: string): SelectionAnswer {
  const client = useClient();
  return useAnswer(`pipeline ${pipelineName}`, text, (selection, tell) =>
    client
      .query(pipelineSelectionQuery, { of: pipelineName, selection }, POLICY)
      .subscribe(({ data, error }) => {
        tell(answerOf(data?.pipeline?.selectSteps, error));
      }),
  );
}

const POLICY = { requestPolicy: "network-only" } as const;
const REST_MS = 150;

type Ask = (selection: [string], tell: (answer: SelectionAnswer) => void) => { unsubscribe: () => void };

/** `ask` is called anew for each text; what an earlier question brings is not listened to any more. */
function useAnswer(of: string, text: string, ask: Ask): SelectionAnswer {
  const [told, setTold] = useState<{ question: string; answer: SelectionAnswer } | null>(null);
  const [lastKeys, setLastKeys] = useState<readonly string[]>([]);
  const isEmpty = text.trim() === "";
  const question = `${of}: ${text}`;
  const latestAsk = useRef(ask);
  latestAsk.current = ask;
  const askedBefore = useRef<string | null>(null);

  useEffect(() => {
    const before = askedBefore.current;
    askedBefore.current = text;
    if (isEmpty) {
      setLastKeys([]);
      return;
    }
    let asked: { unsubscribe: () => void } | undefined;
    const start = () => {
      asked = latestAsk.current([text], (answer) => {
        setTold({ question, answer });
        if (answer.kind === "keys") setLastKeys(answer.stepKeys);
      });
    };
    const timer = setTimeout(start, isTyping(before, text) ? REST_MS : 0);
    return () => {
      clearTimeout(timer);
      asked?.unsubscribe();
    };
  }, [question, text, isEmpty]);

  if (isEmpty) return NOTHING;
  if (told?.question === question) return told.answer;
  return { kind: "asking", stepKeys: lastKeys };
}

const NOTHING: SelectionAnswer = { kind: "none" };

/** A character more or less is a hand that types; anything else was clicked, pasted or came with the address. */
function isTyping(before: string | null, text: string): boolean {
  return before !== null && Math.abs(text.length - before.length) === 1;
}

function answerOf(result: Result | undefined, error: CombinedError | undefined): SelectionAnswer {
  if (result?.__typename === "StepSelection") return { kind: "keys", stepKeys: result.stepKeys };
  if (result) {
    const { message, start, end, suggestions } = result;
    return { kind: "error", message, start, end, suggestions };
  }
  const said = error?.graphQLErrors.map((one) => one.message).join(" ");
  return { kind: "failed", message: said || "The selection could not be resolved: it is no longer there." };
}
