"""What a command answers: tables for people, or one JSON document for tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from dalsegno.instance import Instance
from dalsegno.plan.plan import Plan
from dalsegno.retention import Pruned
from dalsegno.runs.attempts import StepState
from dalsegno.runs.events import RunEvent
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus
from dalsegno.store.run_filter import RunFilter
from dalsegno.terminal.documents import as_document
from dalsegno.terminal.plan_view import print_announcement, print_plan
from dalsegno.terminal.prune_view import print_groups_to_prune, pruned_words
from dalsegno.terminal.run_view import print_events, print_run, print_summary
from dalsegno.terminal.runs_view import print_flat, print_groups
from dalsegno.terminal.tables import RunNames
from dalsegno.terminal.words import byte_count, count

SUCCESS, FAILED, INTERRUPTED = 0, 1, 130
# Events are fetched so many at a time.
_PAGE = 1000


class RunOutput:
    """Writes what becomes of a launch to `console`, or as a document where `print_document` is given.

    `where` are the options by which a command says where the run is.
    """

    def __init__(
        self, console: Console, print_document: Callable[[Mapping[str, Any]], None] | None, where: str = ""
    ) -> None:
        self.console = console
        self._where = where
        self._print_document = print_document

    def announce(self, plan: Plan) -> None:
        """Say what is about to be done."""
        print_announcement(self.console, plan)

    def tell_end(self, run: Run, plan: Plan, states: Mapping[str, StepState]) -> int:
        """Tell how a run that has ended went; the command's exit code."""
        if self._print_document is not None:
            self._print_document({"run": run, "steps": _step_documents(plan, states)})
        else:
            self.console.print()
            print_summary(self.console, run, plan, states)
            self._say_what_next(run)
        if run.status is RunStatus.CANCELED:
            return INTERRUPTED
        return SUCCESS if run.status is RunStatus.SUCCESS else FAILED

    def show_plan(self, plan: Plan) -> None:
        """Tell what a launch would do."""
        if self._print_document is not None:
            self._print_document({"plan": plan})
        else:
            print_plan(self.console, plan)

    def _say_what_next(self, run: Run) -> None:
        if run.status is RunStatus.SUCCESS:
            return
        what = "Carry it on: see" if run.status is RunStatus.CANCELED else "Mend it, then see"
        self.console.print()
        self.console.print(Text(f"{what} what would run again, and why:"))
        name = RunNames(self.console, [run.run_id])[run.run_id]
        command = f"  dalsegno reexecute {name} --from-failure --dry-run{self._where}"
        self.console.print(Text(command, style="bold"), soft_wrap=True)


class CommandOutput(RunOutput):
    """Writes answers about the runs of an instance, in the same ways."""

    def __init__(
        self, instance: Instance, console: Console, print_document: Callable[[Mapping[str, Any]], None] | None
    ) -> None:
        super().__init__(console, print_document)
        self._instance = instance

    def finish_run(self, run_id: str) -> int:
        """Tell how a run that ended here went; the command's exit code."""
        plan, states = self._instance.plan_of(run_id), self._instance.step_states(run_id)
        return self.tell_end(self._instance.run(run_id), plan, states)

    def show_run(self, run_id: str, *, events: bool) -> None:
        """Tell what a run is, how its steps stand, and its group."""
        # First, for it ends a run that was abandoned.
        states = self._instance.step_states(run_id)
        run, plan, group = self._instance.run(run_id), self._instance.plan_of(run_id), self._instance.group(run_id)
        group_runs = self._instance.group_runs(run_id)
        stale = self._instance.stale_steps(run_id)
        waits = self._instance.why_queued([run]).get(run_id)
        happened = self._events(run_id) if events else None
        if self._print_document is not None:
            document = {
                "run": run,
                "steps": _step_documents(plan, states),
                "group": group,
                "group_runs": group_runs,
                "stale_now": stale,
                "why_queued": waits,
            }
            self._print_document(document if happened is None else {**document, "events": happened})
            return
        print_run(self.console, run, group_runs, plan, states, stale, waits or "")
        if happened is not None:
            self.console.print()
            print_events(self.console, happened)

    def list_runs(self, wanted: RunFilter, limit: int, *, by_group: bool) -> None:
        """Tell which runs there are."""
        if not by_group:
            runs = self._instance.runs(wanted, limit)
            if self._print_document is not None:
                self._print_document({"runs": runs})
            elif self._has_some(runs):
                print_flat(self.console, runs, self._instance.why_queued(runs))
            return
        groups = [
            (group, self._instance.group_runs(group.root_run_id)) for group in self._instance.groups(wanted, limit)
        ]
        if self._print_document is not None:
            self._print_document({"groups": [{**as_document(group), "runs": runs} for group, runs in groups]})
        elif self._has_some(groups):
            waits = self._instance.why_queued(run for _, runs in groups for run in runs)
            print_groups(self.console, groups, waits)

    def show_pruned(self, pruned: Pruned) -> None:
        """Tell what was deleted, or what would be."""
        if self._print_document is not None:
            self._print_document({**as_document(pruned), "size_bytes": pruned.size_bytes})
            return
        groups = [(one.group, one.size_bytes) for one in pruned.groups]
        if pruned.dry_run:
            print_groups_to_prune(self.console, groups)
        going = pruned_words(groups, pruned.leftover_files, pruned.leftover_bytes)
        self.console.print(Text(f"{'To be deleted' if pruned.dry_run else 'Deleted'}: {going}."))
        if pruned.resumed_runs:
            what = "is to be finished" if pruned.dry_run else "was finished"
            runs = count(pruned.resumed_runs, "run")
            self.console.print(Text(f"The deletion of {runs}, begun before and stopped, {what}."))
        if pruned.unknown_folders:
            folders = f"{count(pruned.unknown_folders, 'folder')} ({byte_count(pruned.unknown_bytes)})"
            if pruned.unknown_deleted:
                fate = "to be deleted too" if pruned.dry_run else "deleted too"
            else:
                fate = "left: another database may need them. If none does, --unknown-folders deletes them"
            self.console.print(Text(f"Of runs that this database does not know: {folders}, {fate}."))

    def _events(self, run_id: str) -> list[RunEvent]:
        events: list[RunEvent] = []
        while page := self._instance.events(run_id, after=len(events), limit=_PAGE):
            events += page
        return events

    def _has_some(self, found: Sequence[object]) -> bool:
        if not found:
            self.console.print(Text("No runs."))
        return bool(found)


def _step_documents(plan: Plan, states: Mapping[str, StepState]) -> list[dict[str, Any]]:
    """Each step's state with what the plan says of it."""
    return [
        {
            **as_document(states[step.step_key]),
            "action": step.action.value,
            "reason_code": step.reason_code.value,
            "reason": step.reason,
            "reused_from_run_id": step.reused_from_run_id,
            "is_stale": step.is_stale,
            "duration_ms": states[step.step_key].duration_ms,
        }
        for step in plan.steps
        if step.step_key in states
    ]
