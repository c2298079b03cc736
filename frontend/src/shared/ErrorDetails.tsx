// An exception with its traceback, and what caused it.
import { Copy } from "lucide-react";
import { Button } from "./Button";
import { graphql } from "./graphql";
import { ScrolledText } from "./ScrolledText";

export interface ErrorInfo {
  className: string;
  message: string;
  traceback: string | null;
  /** The output that was gone or damaged when it was to be loaded. */
  unavailableOutput?: { runId: string; stepKey: string; outputName: string } | null;
  cause?: ErrorInfo | null;
}

/** What to ask for: causes as deep as people read them. */
export const errorInfoFields = graphql(`
  fragment ErrorInfoFields on ErrorInfo @_unmask {
    className
    message
    traceback
    unavailableOutput {
      runId
      stepKey
      outputName
    }
    cause {
      className
      message
      traceback
      unavailableOutput {
        runId
        stepKey
        outputName
      }
      cause {
        className
        message
        traceback
      }
    }
  }
`);

/** All of an error as text, as it is pasted into a message to a colleague. */
export function errorText(error: ErrorInfo): string {
  const own = error.traceback?.trimEnd() || `${error.className}: ${error.message}`;
  return error.cause ? `${own}\n\nCaused by:\n\n${errorText(error.cause)}` : own;
}

export function ErrorDetails({ error }: { error: ErrorInfo }) {
  return (
    <div className="min-w-0 space-y-2">
      <div className="flex items-start justify-between gap-2">
        <p className="min-w-0 break-words font-mono text-sm text-failure-ink">
          <span className="font-semibold">{error.className}</span>
          {error.message && `: ${error.message}`}
        </p>
        <Button
          size="sm"
          kind="quiet"
          aria-label="Copy the error"
          onClick={() => void navigator.clipboard.writeText(errorText(error))}
        >
          <Copy aria-hidden size={14} /> Copy
        </Button>
      </div>
      {error.traceback && (
        <ScrolledText label={`Traceback of ${error.className}`} text={error.traceback.trimEnd()} />
      )}
      {error.cause && (
        <div className="border-l-2 border-line pl-3">
          <p className="mb-1 text-sm text-muted">Caused by</p>
          <ErrorDetails error={error.cause} />
        </div>
      )}
    </div>
  );
}
