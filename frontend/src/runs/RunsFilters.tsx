// Which runs are listed, group by group or one by one; all of it in the address.
import { getRouteApi } from "@tanstack/react-router";
import clsx from "clsx";
import { X } from "lucide-react";
import { Button } from "../shared/Button";
import { FIELD } from "../shared/field";
import { oneOf } from "../shared/search";
import { type RunsSearch, STATUSES } from "./runs-search";

const route = getRouteApi("/");

const STATUS_TEXTS: Record<(typeof STATUSES)[number], string> = {
  active: "Active",
  SUCCESS: "Success",
  FAILURE: "Failure",
  CANCELED: "Canceled",
};

interface RunsFiltersProps {
  /** Null until they are known. */
  pipelineNames: readonly string[] | null;
  unresolvedCount: number | null;
}

export function RunsFilters({ pipelineNames, unresolvedCount }: RunsFiltersProps) {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  /** Another filter begins at its first page. */
  function change(changed: { [Name in keyof RunsSearch]?: RunsSearch[Name] | undefined }): void {
    void navigate({ search: (old) => ({ ...old, after: undefined, ...changed }) as RunsSearch });
  }
  const names = new Set(pipelineNames ?? []);
  if (search.pipeline !== undefined) names.add(search.pipeline);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button
        aria-pressed={search.unresolved === true}
        className="aria-pressed:border-accent aria-pressed:bg-accent-soft"
        onClick={() => change({ unresolved: search.unresolved ? undefined : true })}
      >
        Failed and unresolved
        <span
          data-numeric
          className={clsx(
            "min-w-5 rounded-full px-1.5 text-xs leading-5",
            unresolvedCount ? "bg-failure-soft text-failure-ink" : "bg-quiet-soft text-quiet-ink",
          )}
        >
          {unresolvedCount === null ? "…" : unresolvedCount > 10_000 ? "10,000+" : unresolvedCount}
        </span>
      </Button>
      <select
        aria-label="Pipeline"
        value={search.pipeline ?? ""}
        className={clsx(FIELD, "h-9 max-w-56")}
        onChange={(event) => change({ pipeline: event.target.value || undefined })}
      >
        <option value="">All pipelines</option>
        {[...names].map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <select
        aria-label="Status"
        value={search.status ?? ""}
        className={clsx(FIELD, "h-9")}
        onChange={(event) => change({ status: oneOf(STATUSES, event.target.value) })}
      >
        <option value="">Any status</option>
        {STATUSES.map((status) => (
          <option key={status} value={status}>
            {STATUS_TEXTS[status]}
          </option>
        ))}
      </select>
      {search.tag !== undefined && (
        <Button
          title="Take this filter away"
          className="max-w-64 border-accent bg-accent-soft"
          onClick={() => change({ tag: undefined })}
        >
          <span className="truncate">tag {search.tag}</span> <X aria-hidden size={14} className="shrink-0" />
        </Button>
      )}
      <fieldset className="flex">
        <legend className="sr-only">List</legend>
        <Half isOn={search.by !== "run"} className="rounded-r-none" onClick={() => change({ by: undefined })}>
          Groups
        </Half>
        <Half
          isOn={search.by === "run"}
          className="-ml-px rounded-l-none"
          onClick={() => change({ by: "run" })}
        >
          Runs
        </Half>
      </fieldset>
    </div>
  );
}

interface HalfProps {
  isOn: boolean;
  className: string;
  onClick: () => void;
  children: string;
}

function Half({ isOn, className, onClick, children }: HalfProps) {
  return (
    <Button
      aria-pressed={isOn}
      className={clsx(
        className,
        "aria-pressed:relative aria-pressed:border-accent aria-pressed:bg-accent-soft",
      )}
      onClick={onClick}
    >
      {children}
    </Button>
  );
}
