"""An instance: one database with its stored outputs, as scripts and the command line use it."""

from __future__ import annotations

import getpass
import os
import tempfile
import weakref
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

from dalsegno.definitions.memory_io_manager import SCHEME as MEMORY_SCHEME
from dalsegno.definitions.memory_io_manager import memory_holds
from dalsegno.errors import RunNotFoundError
from dalsegno.launch import stale_in
from dalsegno.output_storage import OutputStorage, StoredOutput
from dalsegno.plan.plan import Plan
from dalsegno.plan.stored_plan import plan_by_rows, whole_run
from dalsegno.retention import Pruned, prune
from dalsegno.runs.attempts import CapturedLog, StepState
from dalsegno.runs.events import RunEvent
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.run import Run, RunGroup
from dalsegno.runs.status import RunStatus
from dalsegno.settings import Settings
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.abandoned_runs import end_abandoned_run
from dalsegno.store.database import Database
from dalsegno.store.events import fetch_events
from dalsegno.store.leases import request_cancel
from dalsegno.store.lineage import fetch_lineage
from dalsegno.store.pipelines import current_snapshot_ids
from dalsegno.store.pruning import Outdated
from dalsegno.store.queue_reasons import why_queued
from dalsegno.store.run_filter import RunFilter
from dalsegno.store.run_groups import fetch_group, list_groups
from dalsegno.store.runs import fetch_plan, fetch_run, find_run_ids, list_runs, runs_of_group
from dalsegno.store.snapshots import fetch_snapshot
from dalsegno.store.steps import fetch_steps

NEWEST = "last"
RUNS_AT_HAND = 32


class StoredOutputs:
    """All that was stored, wherever: in the instance's storage, or in the memory of this process."""

    def __init__(self, storage: OutputStorage) -> None:
        self._storage = storage

    def problems(self, wanted: Iterable[StoredOutput], *, verify: bool) -> dict[str, str]:
        """Address -> what is wrong, of those that can't be loaded; `verify` reads them and compares digests."""
        in_memory: list[StoredOutput] = []
        in_files: list[StoredOutput] = []
        for one in wanted:
            (in_memory if one.uri and one.uri.startswith(MEMORY_SCHEME) else in_files).append(one)
        forgotten = [one.uri for one in in_memory if one.uri and not memory_holds(one.uri)]
        gone = dict.fromkeys(forgotten, "it was kept in the memory of a process that has ended, or has forgotten it")
        return gone | self._storage.problems(in_files, verify=verify)


class Instance:
    """Runs, their records and their outputs. A context manager; `close()` may be called instead.

    The methods read and write the database at once; records that they give never change.
    """

    def __init__(self, database: Database, storage: OutputStorage, settings: Settings) -> None:
        self.database = database
        self.storage = storage
        self.settings = settings
        self.outputs = StoredOutputs(storage)
        self._ended_steps: dict[str, Mapping[str, StepState]] = {}

    @classmethod
    def open(cls, url: str | None = None, *, storage_url: str | None = None) -> Self:
        """The instance on a database: "sqlite:///runs.db", "postgresql+asyncpg://...", None for the project's own.

        Outputs are stored at `storage_url` (a path or an fsspec URL), else where the settings say. Raises
        StoreUnavailableError, SchemaVersionError, InvalidSettingError.
        """
        settings = Settings.load()
        database = Database.of(settings, url)
        return cls(database, OutputStorage(storage_url or settings.storage_url, settings.durability), settings)

    @classmethod
    def ephemeral(cls) -> Self:
        """An instance in a temporary folder, which goes when it is closed or forgotten."""
        folder = tempfile.TemporaryDirectory(prefix="dalsegno-", ignore_cleanup_errors=True)
        settings = Settings.load(environ={}, directory=Path(folder.name))
        database = Database.open(f"sqlite:///{folder.name}/dalsegno.db")
        instance = cls(database, OutputStorage(f"{folder.name}/storage"), settings)
        weakref.finalize(instance, _discard, database, folder)
        _ephemeral_instances.add(instance)
        return instance

    def other_ephemeral_instances(self) -> list[Instance]:
        """For an ephemeral instance, the others that still live in this process; for any other, none."""
        return [one for one in _ephemeral_instances if one is not self] if self in _ephemeral_instances else []

    def close(self) -> None:
        """Let go of the database. An ephemeral instance's folder goes with the object."""
        _ephemeral_instances.discard(self)
        self.database.close()

    def __enter__(self) -> Instance:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def resolve_run_id(self, text: str) -> str:
        """The id that a person means: a whole id, its unique beginning, or "last". Raises RunNotFoundError."""
        if text == NEWEST:
            newest = self.runs(limit=1)
            found = [run.run_id for run in newest]
        else:
            found = self.database.read(find_run_ids(text))
        if len(found) != 1:
            raise RunNotFoundError(run_id=text, candidates=tuple(found))
        return found[0]

    def run(self, run_id: str) -> Run:
        """The run of that id. Raises RunNotFoundError."""
        run = self.database.read(fetch_run(run_id))
        if run is None:
            raise RunNotFoundError(run_id=run_id)
        return run

    def runs(self, run_filter: RunFilter | None = None, limit: int = 25, before: str | None = None) -> list[Run]:
        """Runs that match, newest first; `before` is the last id of the page before."""
        return self.database.read(list_runs(run_filter or RunFilter(), limit=limit, before_run_id=before))

    def groups(self, run_filter: RunFilter | None = None, limit: int = 25) -> list[RunGroup]:
        """Run groups that match, that of the newest run first."""
        return self.database.read(list_groups(run_filter or RunFilter(), limit=limit))

    def group(self, run_id: str) -> RunGroup:
        """The group that the run belongs to. Raises RunNotFoundError."""
        group = self.database.read(fetch_group(self.run(run_id).root_run_id))
        if group is None:  # pruned just now
            raise RunNotFoundError(run_id=run_id)
        return group

    def group_runs(self, run_id: str) -> list[Run]:
        """All runs of the run's group, oldest first. Raises RunNotFoundError."""
        return self.database.read(runs_of_group(self.run(run_id).root_run_id))

    def lineage(self, run_id: str) -> Lineage:
        """The run and its ancestors with the states of their steps. Raises RunNotFoundError."""
        lineage = self.database.read(fetch_lineage(run_id, self._ended_steps))
        if lineage is None:
            raise RunNotFoundError(run_id=run_id)
        for one in lineage:
            if one.run.status.has_ended:
                self.remember(one.run.run_id, one.steps)
        return lineage

    def remember(self, run_id: str, steps: Mapping[str, StepState]) -> None:
        """Keep the steps of a run that has ended at hand: they never change, and every plan on it needs them."""
        self._ended_steps[run_id] = steps
        while len(self._ended_steps) > RUNS_AT_HAND:
            del self._ended_steps[next(iter(self._ended_steps))]

    def end_if_abandoned(self, run_id: str) -> bool:
        """End a run whose process is gone for longer than its lease; False where there is nothing to end."""
        return self.database.write(end_abandoned_run(run_id))

    def snapshot(self, run_id: str) -> PipelineSnapshot:
        """The definition that the run executes. Raises RunNotFoundError."""
        return self._kept_snapshot(self.run(run_id).snapshot_id)

    def _kept_snapshot(self, snapshot_id: str) -> PipelineSnapshot:
        snapshot = self.database.read(fetch_snapshot(snapshot_id))
        assert snapshot is not None  # a foreign key holds it
        return snapshot

    def step_states(self, run_id: str) -> Mapping[str, StepState]:
        """Every step of the run's definition, in topological order. Raises RunNotFoundError.

        Steps that the run does not execute are REUSED, with the attempts and outputs that stand in for them, or
        OMITTED.
        """
        lineage = self.lineage(run_id)
        own = self.database.read(fetch_steps([run_id], with_attempts=True)).get(run_id, {})
        return whole_run(self.snapshot(run_id), lineage, own)

    def plan_of(self, run_id: str) -> Plan:
        """The plan that the run was launched with, every step with its reason, mapped ones by element.

        Raises RunNotFoundError.
        """
        stored = self.database.read(fetch_plan(run_id))
        if stored is None:
            raise RunNotFoundError(run_id=run_id)
        return plan_by_rows(stored, self.snapshot(run_id), self.lineage(run_id))

    def stale_steps(self, run_id: str) -> tuple[str, ...]:
        """The steps of the run's group whose effective output is stale now, in topological order.

        Judged on the pipeline as a worker published it last, else as the group's newest run executed it. Raises
        RunNotFoundError.
        """
        newest = self.run(self.group(run_id).newest_run_id)
        current = self.database.read(current_snapshot_ids()).get(newest.pipeline_name, newest.snapshot_id)
        lineage = self.lineage(newest.run_id)
        return stale_in(lineage, [self._kept_snapshot(one) for one in dict.fromkeys((current, newest.snapshot_id))])

    def events(self, run_id: str, after: int = 0, limit: int = 1000) -> list[RunEvent]:
        """Events of the run with numbers greater than `after`, oldest first."""
        return self.database.read(fetch_events(run_id, after=after, limit=limit))

    def read_log(self, log: CapturedLog, offset: int = 0, limit: int = 65536) -> str:
        """What an attempt printed, as text; offset and limit in bytes."""
        return self.storage.read_log(log.uri, offset, limit).decode("utf-8", "replace")

    def why_queued(self, runs: Iterable[Run]) -> Mapping[str, str]:
        """By run id, of those of the runs that are queued: what each waits for, in a sentence."""
        return self.database.read(why_queued(runs, self.settings.tag_limits))

    def prune(
        self,
        older_than: timedelta | None = None,
        keep_last: int | None = None,
        *,
        statuses: Iterable[RunStatus | str] = (),
        pipeline_name: str | None = None,
        unknown_folders: bool = False,
        dry_run: bool = False,
        observer: Callable[[RunGroup], None] | None = None,
    ) -> Pruned:
        """Delete whole run groups with all that was stored of them, and files and snapshots that nothing refers to.

        Groups go that have been untouched for `older_than` and are not among the `keep_last` newest of their pipeline,
        and, where given, have one of the `statuses` and are of this pipeline; without both of the first none does.
        A group with a run that has not ended, or in a bulk that has not, stays. `unknown_folders`: folders of runs
        that this database does not know go too. With `dry_run` nothing is changed. `observer` is called with each
        group that is gone. What was interrupted is finished first. Raises InvalidArgumentsError, FilesNotDeletedError.
        """
        wanted = Outdated(
            older_than=older_than,
            keep_last=keep_last,
            statuses=tuple(RunStatus(one) for one in statuses),
            pipeline_name=pipeline_name,
        )
        with self.database.unhurried():
            return prune(
                self.database,
                self.storage,
                wanted,
                unknown_folders=unknown_folders,
                dry_run=dry_run,
                observer=observer,
            )

    def cancel_run(self, run_id: str) -> Run:
        """Ask for the run to be cancelled: nothing starts after it. Raises RunNotFoundError.

        A queued run is cancelled at once; a running one by the process that executes it; an ended one stays as it is.
        """
        run = self.database.write(request_cancel(run_id, by=user_name()))
        if run is None:
            raise RunNotFoundError(run_id=run_id)
        return run


@cache
def user_name() -> str:
    """Of the user whose process this is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in this container
        return f"uid {os.getuid()}"


_ephemeral_instances: weakref.WeakSet[Instance] = weakref.WeakSet()


def _discard(database: Database, folder: tempfile.TemporaryDirectory[str]) -> None:
    database.close()
    folder.cleanup()
