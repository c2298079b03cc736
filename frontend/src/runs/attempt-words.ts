// What became of an attempt, and what to do about it, where its error alone does not say so (pure).
import type { ErrorInfo } from "../shared/ErrorDetails";

interface Ended {
  status: string;
  error: ErrorInfo | null;
}

/** Null where there is nothing to add. */
export function attemptText({ status, error }: Ended, canceledBy: string | null): string | null {
  if (status === "LOST") {
    return "Its worker was lost, or its hold on the run. That is no failure of the step: it is made again.";
  }
  if (status === "CANCELED") return `Interrupted, because ${cancelText(canceledBy)}.`;
  return status === "FAILURE" && error !== null ? adviceOf(error) : null;
}

/** "operator/ann canceled the run" */
export function cancelText(canceledBy: string | null): string {
  return canceledBy === null ? "the run was canceled" : `${canceledBy} canceled the run`;
}

export interface MissingInputError {
  message: string;
  /** The step that makes it again. */
  stepKey: string;
}

/** The recorded output that could not be loaded, where that is what the error comes from. */
export function missingInput(error: ErrorInfo | null): MissingInputError | null {
  for (let one: ErrorInfo | null | undefined = error; one; one = one.cause) {
    if (one.unavailableOutput) return { message: one.message, stepKey: one.unavailableOutput.stepKey };
  }
  return null;
}

const LIMIT_TAG = "the tag dalsegno/memory_limit";

function adviceOf({ className, message }: ErrorInfo): string | null {
  if (className.split(".").at(-1) !== "StepProcessDiedError") return null;
  if (message.includes("memory limit")) {
    return `Some libraries do not survive that memory is refused to them: ${LIMIT_TAG} gives the step more.`;
  }
  if (message.includes("SIGKILL")) {
    return `Something killed its process; mostly that is the system, where memory runs out. With ${LIMIT_TAG} the step gets an error that tells where it was.`;
  }
  if (message.includes("exit code")) {
    return "Its own code, or a library that it calls, ended the process (as os._exit does), so there is no traceback. What it printed before is below.";
  }
  if (/SIG(SEGV|ABRT|BUS|ILL|FPE)/.test(message)) {
    return "Native code crashed: a library, or the interpreter. What it printed to stderr may tell more.";
  }
  return "Something sent its process this signal: the step itself, or somebody outside.";
}
