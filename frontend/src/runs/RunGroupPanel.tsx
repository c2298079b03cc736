// All runs of the group as a tree: which re-executes which, how, by whom, with what end.
import { type KeyboardEvent, memo, useEffect, useMemo, useRef } from "react";
import { QueryError } from "../shared/ErrorMessage";
import { LoadingPanel } from "../shared/Skeleton";
import { RunStatusTag } from "../shared/StatusTag";
import { CompareMenu } from "./CompareMenu";
import { GroupTreeItem } from "./GroupTreeItem";
import { treeRows } from "./group-tree";
import { MixedGroup } from "./MixedGroup";
import { useGroup } from "./use-group";

// A step that moves, several times a second, changes nothing here.
export const RunGroupPanel = memo(function RunGroupPanel({ runId }: { runId: string }) {
  const { group, error, askAgain } = useGroup(runId);
  const rows = useMemo(() => treeRows(group?.runs ?? []), [group]);
  const list = useRef<HTMLDivElement>(null);
  const isThere = group !== null;
  useEffect(() => {
    if (isThere && list.current) showCurrent(list.current);
  }, [isThere]);
  return (
    <section aria-label="Run group" className="panel flex max-h-[inherit] flex-col overflow-hidden">
      <header className="flex items-center justify-between gap-2 border-b border-line px-4 py-2.5">
        <h2 className="font-semibold">Run group</h2>
        {group && (
          <span className="flex items-center gap-1.5">
            {group.runs.length > 1 && <CompareMenu runs={group.runs} runId={runId} />}
            <RunStatusTag status={group.status} />
          </span>
        )}
      </header>
      {error && !group && <QueryError error={error} onRetry={askAgain} />}
      {!group && !error && <LoadingPanel label="Reading the run group" className="h-24" />}
      {group && (
        <div ref={list} className="relative min-h-0 overflow-y-auto p-1.5">
          <MixedGroup group={group} />
          <div role="tree" aria-label="Runs of the group" onKeyDown={moveFocus}>
            {rows.map((row) => (
              <GroupTreeItem key={row.run.id} row={row} isCurrent={row.run.id === runId} />
            ))}
          </div>
          {rows.length === 1 && (
            <p className="px-2.5 pt-1.5 pb-2 text-sm text-muted">
              No re-executions yet. Re-execute all of this run or a part of it: it stays as it is, and the new
              run is listed here.
            </p>
          )}
        </div>
      )}
    </section>
  );
});

/** Scrolls a long list, and it alone, to the run that is looked at. */
function showCurrent(list: HTMLElement): void {
  const current = list.querySelector<HTMLElement>("[aria-current]");
  if (current && current.offsetTop + current.offsetHeight > list.clientHeight) {
    list.scrollTop = current.offsetTop - list.clientHeight / 2;
  }
}

/** Arrow keys walk through the tree. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const links = [...event.currentTarget.querySelectorAll("a")];
  const here = links.indexOf(document.activeElement as HTMLAnchorElement);
  const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  links[Math.min(Math.max(next, 0), links.length - 1)]?.focus();
}
