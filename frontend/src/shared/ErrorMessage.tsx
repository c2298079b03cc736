// What went wrong, in words, and what to do about it.
import { CircleAlert, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { CombinedError } from "urql";
import { Button } from "./Button";

interface CalloutProps {
  title?: string;
  children: ReactNode;
  action?: ReactNode;
}

/** An error, told at once to those who listen. */
export function ErrorMessage({ title, children, action }: CalloutProps) {
  return (
    <div role="alert" className="flex gap-2 rounded-md bg-failure-soft px-3 py-2 text-failure-ink">
      <CircleAlert aria-hidden size={16} className="mt-0.5 shrink-0" />
      <div className="min-w-0 flex-1 break-words">
        {title && <p className="font-semibold">{title}</p>}
        {children}
      </div>
      {action}
    </div>
  );
}

/** Something to know that stops nothing. */
export function WarningMessage({ title, children, action }: CalloutProps) {
  return (
    <div role="note" className="flex gap-2 rounded-md bg-warning-soft px-3 py-2 text-warning-ink">
      <TriangleAlert aria-hidden size={16} className="mt-0.5 shrink-0" />
      <div className="min-w-0 flex-1 break-words">
        {title && <p className="font-semibold">{title}</p>}
        {children}
      </div>
      {action}
    </div>
  );
}

/** A question that the service could not answer. */
export function QueryError({ error, onRetry }: { error: CombinedError; onRetry: () => void }) {
  const said = error.graphQLErrors.map((one) => one.message).join(" ");
  return (
    <ErrorMessage
      title="This could not be read"
      action={
        <Button size="sm" onClick={onRetry}>
          Try again
        </Button>
      }
    >
      <p>{said || "The service does not answer. Is it running?"}</p>
    </ErrorMessage>
  );
}
