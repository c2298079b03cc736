// Where nothing is, and where something broke.
import { Link } from "@tanstack/react-router";
import { Button, buttonLook } from "../shared/Button";
import { EmptyState } from "../shared/EmptyState";

export function NotFoundPage() {
  return (
    <EmptyState
      title={<h1>There is no such page</h1>}
      action={
        <Link to="/" className={buttonLook("primary")}>
          To the runs
        </Link>
      }
    >
      The address may be mistyped, or cut off.
    </EmptyState>
  );
}

export function CrashPage({ error }: { error: unknown }) {
  return (
    <div role="alert">
      <EmptyState
        title={<h1>This page broke</h1>}
        action={<Button onClick={() => window.location.reload()}>Load it again</Button>}
      >
        Nothing is lost: runs go on without it.{" "}
        <code className="font-mono text-sm">{error instanceof Error ? error.message : String(error)}</code>
      </EmptyState>
    </div>
  );
}
