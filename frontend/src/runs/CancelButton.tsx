// Cancels the run, after asking.
import { OctagonX } from "lucide-react";
import { useState } from "react";
import { useMutation } from "urql";
import { ReasonButton } from "../launch/ReasonButton";
import { Button } from "../shared/Button";
import { Dialog } from "../shared/Dialog";
import { ErrorMessage } from "../shared/ErrorMessage";
import { graphql } from "../shared/graphql";
import { useMe } from "../shared/me";
import type { Run } from "./run-queries";

const cancelRunMutation = graphql(`
  mutation CancelRun($runId: ID!) {
    cancelRun(runId: $runId) {
      __typename
      ... on Error {
        message
      }
    }
  }
`);

export function CancelButton({ run }: { run: Run }) {
  const [isAsking, setIsAsking] = useState(false);
  const me = useMe();
  const disabledReason =
    run.status === "CANCELING"
      ? "It is being canceled."
      : me?.canLaunch === false
        ? `${me.name} may only look: canceling needs an operator's token.`
        : null;
  return (
    <>
      <ReasonButton disabledReason={disabledReason} onClick={() => setIsAsking(true)}>
        <OctagonX aria-hidden size={15} /> Cancel
      </ReasonButton>
      {isAsking && <CancelDialog run={run} onClose={() => setIsAsking(false)} />}
    </>
  );
}

function CancelDialog({ run, onClose }: { run: Run; onClose: () => void }) {
  const [{ fetching }, cancelRun] = useMutation(cancelRunMutation);
  const [problem, setProblem] = useState<string | null>(null);

  async function cancel(): Promise<void> {
    const { data, error } = await cancelRun({ runId: run.id });
    if (data?.cancelRun.__typename === "CancelRunSuccess") return onClose();
    setProblem(data?.cancelRun.message ?? error?.message ?? "The service does not answer.");
  }

  return (
    <Dialog
      size="sm"
      title="Cancel this run?"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>Let it run</Button>
          <Button kind="danger" disabled={fetching} onClick={() => void cancel()}>
            Cancel the run
          </Button>
        </>
      }
    >
      <p>
        {run.status === "QUEUED"
          ? "It has not begun, and never will."
          : "Nothing starts in it any more, and running steps are interrupted. What has succeeded counts: it can be re-executed from there."}
      </p>
      {problem && (
        <div className="mt-3">
          <ErrorMessage title="It could not be canceled">{problem}</ErrorMessage>
        </div>
      )}
    </Dialog>
  );
}
