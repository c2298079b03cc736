// The rows of the list. While somebody points at them they stay where they are.
import { Link } from "@tanstack/react-router";
import clsx from "clsx";
import { useState } from "react";
import { Button } from "../shared/Button";
import { shortRunId } from "../shared/run-id";
import { RunStatusTag } from "../shared/StatusTag";
import { RUN_STATUS } from "../shared/status";
import { Elapsed, Moment } from "../shared/Times";
import { heldRows } from "./held-rows";
import { RunTrail } from "./RunTrail";
import { originText, stepsText, stepsTitle } from "./run-words";
import type { ListedRun } from "./runs-queries";
import { countText, type RunsRow } from "./runs-rows";

const COLUMNS =
  "md:grid md:grid-cols-[1rem_minmax(9rem,1.2fr)_7rem_minmax(7rem,14rem)_minmax(10rem,2fr)_7.5rem_6rem_6rem] md:items-center md:gap-x-4";

interface RunsTableProps {
  rows: readonly RunsRow[];
  /** By run id; of a group, its newest run. */
  selected: ReadonlyMap<string, unknown>;
  onToggle: (run: ListedRun) => void;
}

export function RunsTable({ rows, selected, onToggle }: RunsTableProps) {
  const [heldKeys, setHeldKeys] = useState<readonly string[] | null>(null);
  const { rows: shown, waiting } = heldRows(rows, heldKeys);
  const hold = () => setHeldKeys(rows.map((row) => row.key));
  const hasTrails = rows.some((row) => row.trail.length > 0);
  return (
    <div
      className="panel relative"
      onPointerEnter={(event) => event.pointerType === "mouse" && hold()}
      onPointerLeave={() => setHeldKeys(null)}
    >
      <div
        aria-hidden
        className={clsx(COLUMNS, "hidden border-b border-line px-4 py-2 text-sm text-muted md:grid")}
      >
        <span />
        <span>Pipeline</span>
        <span>Status</span>
        <span>{hasTrails ? "Runs" : "Run"}</span>
        <span>{hasTrails ? "Newest run" : "Executes"}</span>
        <span>Launched</span>
        <span>Took</span>
        <span>By</span>
      </div>
      {waiting > 0 && (
        <div role="status" className="absolute inset-x-0 top-1 z-20 flex justify-center">
          <Button size="sm" kind="primary" onClick={hold}>
            Show {countText(waiting, "new row")}
          </Button>
        </div>
      )}
      <ul aria-label="Runs">
        {shown.map((row) => (
          <Row
            key={row.key}
            row={row}
            isSelected={selected.has(row.run.id)}
            onToggle={() => onToggle(row.run)}
          />
        ))}
      </ul>
    </div>
  );
}

interface RowProps {
  row: RunsRow;
  isSelected: boolean;
  onToggle: () => void;
}

function Row({ row: { run, status, trail }, isSelected, onToggle }: RowProps) {
  return (
    <li
      className={clsx(
        COLUMNS,
        "relative flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-4 py-2.5 last:border-b-0 hover:bg-hover",
        isSelected && "bg-accent-soft",
      )}
    >
      <input
        type="checkbox"
        aria-label={`Select run ${shortRunId(run.id)} of ${run.pipelineName}`}
        checked={isSelected}
        onChange={onToggle}
        className="relative z-10 size-4 accent-accent"
      />
      <Link
        to="/runs/$runId"
        params={{ runId: run.id }}
        title={`Run ${run.id}`}
        className="min-w-0 flex-1 basis-1/2 truncate font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
      >
        {run.pipelineName}
        <span className="sr-only">, {RUN_STATUS[status].label}</span>
      </Link>
      <span aria-hidden>
        <RunStatusTag status={status} />
      </span>
      {trail.length > 0 ? (
        <RunTrail runs={trail} />
      ) : (
        <code className="font-mono text-xs text-muted">{shortRunId(run.id)}</code>
      )}
      <span className="min-w-0 basis-full truncate text-sm" title={stepsTitle(run)}>
        {originText(run)}, {stepsText(run)}
        {run.reason && <span className="text-muted"> “{run.reason}”</span>}
        {run.whyQueued && (
          <span className="block truncate text-xs text-muted" title={run.whyQueued}>
            {run.whyQueued}
          </span>
        )}
      </span>
      <span className="text-sm text-muted">
        <Moment at={run.createdAt} ago />
      </span>
      <span className="text-sm">
        <Elapsed startedAt={run.startedAt} endedAt={run.endedAt} />
      </span>
      <span className="truncate text-sm text-muted">{run.launchedBy}</span>
    </li>
  );
}
