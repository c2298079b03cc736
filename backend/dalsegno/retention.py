"""Deleting what is no longer wanted: whole run groups, and what nothing refers to.

1. What an earlier call left undone is done.
2. A group is taken from the database in one transaction, which leaves the ids of its runs in `pruned_runs`: from then
   on nobody finds it.
3. The files of its runs are deleted, then their last rows, then their ids. Stopped anywhere, step 1 of the next call
   goes on there.
4. Snapshots that nothing needs go, and in the folders of runs that have ended the files of attempts that came to
   nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import TypeVar
from uuid import UUID

import msgspec

from dalsegno.errors import FilesNotDeletedError, InvalidArgumentsError
from dalsegno.output_storage import OutputStorage
from dalsegno.output_storage.run_folders import RunFolders, StoredFile, attempt_of
from dalsegno.runs.run import RunGroup
from dalsegno.store.abandoned_runs import end_abandoned_run, find_abandoned_runs
from dalsegno.store.database import Database
from dalsegno.store.pruned_runs import delete_part, delete_unused_snapshots, find_pruned_runs, pruned_among
from dalsegno.store.pruning import Outdated, find_outdated, prune_group
from dalsegno.store.recorded_files import recorded_files
from dalsegno.store.runs import fetch_runs, runs_of_group
from dalsegno.store.script import Script

T = TypeVar("T")

# Whoever still writes to a file that was changed lately may be about to record it.
YOUNG = timedelta(hours=1)
_FOLDERS_AT_ONCE = 500
# Others wait for the database for no longer than one transaction, and then have their turn.
_LONGEST_PAUSE_SECONDS = 0.25


class PrunedGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group that is gone, or would be."""

    group: RunGroup
    # Of its runs' files.
    size_bytes: int


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What was deleted, or, after a dry run, what would be."""

    dry_run: bool
    groups: tuple[PrunedGroup, ...] = ()
    # Runs that an earlier call had begun to delete.
    resumed_runs: int = 0
    # Files of attempts that came to nothing, in the folders of runs that are kept.
    leftover_files: int = 0
    leftover_bytes: int = 0
    # Folders of runs that this database does not know; deleted only where that was asked for.
    unknown_folders: int = 0
    unknown_bytes: int = 0
    unknown_deleted: bool = False
    # Not counted by a dry run: most come to be unused by it.
    snapshots: int = 0

    @property
    def size_bytes(self) -> int:
        """Of all files that went, or would."""
        unknown = self.unknown_bytes if self.unknown_deleted else 0
        return sum(one.size_bytes for one in self.groups) + self.leftover_bytes + unknown


def prune(
    database: Database,
    storage: OutputStorage,
    wanted: Outdated,
    *,
    unknown_folders: bool = False,
    dry_run: bool = False,
    observer: Callable[[RunGroup], None] | None = None,
) -> Pruned:
    """Deletes what is not wanted any more; without an age and a number of newest ones to keep, no group.

    Raises InvalidArgumentsError, FilesNotDeletedError, StoreUnavailableError; called again, it goes on.
    """
    takes_groups = _checked(wanted)
    with _told_of_files(None):
        folders = storage.run_folders()
    work = _DryRun(database, folders) if dry_run else _Deletion(database, folders)
    resumed = work.resume()
    groups = list(work.groups(wanted, observer)) if takes_groups else []
    gone = {run_id for one in groups for run_id in one[1]}
    leftovers = _Leftovers(database, storage, folders, gone)
    files = unknown = 0
    file_bytes = unknown_bytes = 0
    for name, found, is_known in leftovers.look():
        size = sum(file.size_bytes for file in found)
        if is_known:
            files, file_bytes = files + len(found), file_bytes + size
            work.delete_files(name, found)
        else:
            unknown, unknown_bytes = unknown + 1, unknown_bytes + size
            if unknown_folders:
                work.delete_folder(name)
    return Pruned(
        dry_run=dry_run,
        groups=tuple(one for one, _ in groups),
        resumed_runs=resumed,
        leftover_files=files,
        leftover_bytes=file_bytes,
        unknown_folders=unknown,
        unknown_bytes=unknown_bytes,
        unknown_deleted=unknown_folders,
        snapshots=work.delete_snapshots(),
    )


def _checked(wanted: Outdated) -> bool:
    """Groups are to go. Raises InvalidArgumentsError."""
    if wanted.keep_last is not None and wanted.keep_last < 0:
        raise InvalidArgumentsError(problem=f"A number of groups to keep is 0 or more, not {wanted.keep_last}.")
    if wanted.older_than is not None and wanted.older_than < timedelta():
        raise InvalidArgumentsError(problem="An age can't be negative.")
    takes_groups = wanted.older_than is not None or wanted.keep_last is not None
    if not takes_groups and (wanted.statuses or wanted.pipeline_name is not None):
        problem = "Say too how old groups must be to go, or how many of the newest are to stay."
        raise InvalidArgumentsError(problem=problem)
    return takes_groups


class _DryRun:
    """Looks, and leaves all as it is."""

    def __init__(self, database: Database, folders: RunFolders) -> None:
        self._database = database
        self._folders = folders

    def resume(self) -> int:
        return len(self._database.read(find_pruned_runs(limit=1_000_000)))

    def groups(
        self, wanted: Outdated, _observer: Callable[[RunGroup], None] | None
    ) -> Iterator[tuple[PrunedGroup, tuple[str, ...]]]:
        for group in self._database.read(find_outdated(wanted)):
            run_ids = tuple(run.run_id for run in self._database.read(runs_of_group(group.root_run_id)))
            yield PrunedGroup(group=group, size_bytes=sum(map(self._size, run_ids))), run_ids

    def delete_files(self, name: str, files: list[StoredFile]) -> None:
        pass

    def delete_folder(self, name: str) -> None:
        pass

    def delete_snapshots(self) -> int:
        return 0

    def _size(self, run_id: str) -> int:
        with _told_of_files(run_id):
            return sum(file.size_bytes for file in self._folders.files(run_id))


class _Deletion(_DryRun):
    """Deletes in transactions and pieces that keep nobody waiting for long."""

    def resume(self) -> int:
        number = 0
        while run_ids := self._database.read(find_pruned_runs()):
            for run_id in run_ids:
                self._finish(run_id)
            number += len(run_ids)
        return number

    def groups(
        self, wanted: Outdated, observer: Callable[[RunGroup], None] | None
    ) -> Iterator[tuple[PrunedGroup, tuple[str, ...]]]:
        for run_id in self._database.read(find_abandoned_runs()):
            self._database.write(end_abandoned_run(run_id))
        for group in self._database.read(find_outdated(wanted)):
            run_ids = self._write(prune_group(group))
            if run_ids:
                size = sum(map(self._size, run_ids))
                for run_id in run_ids:
                    self._finish(run_id)
                if observer is not None:
                    observer(group)
                yield PrunedGroup(group=group, size_bytes=size), run_ids

    def delete_files(self, name: str, files: list[StoredFile]) -> None:
        with _told_of_files(name):
            self._folders.delete_files(files)

    def delete_folder(self, name: str) -> None:
        with _told_of_files(name):
            self._folders.delete(name)

    def delete_snapshots(self) -> int:
        number = 0
        while deleted := self._write(delete_unused_snapshots()):
            number += deleted
        return number

    def _finish(self, run_id: str) -> None:
        self.delete_folder(run_id)
        while self._write(delete_part(run_id)):
            pass

    def _write(self, script: Script[T]) -> T:
        began = monotonic()
        result = self._database.write(script)
        # SQLite has one writer, and who waits for that looks only now and then whether it is free.
        sleep(min(monotonic() - began, _LONGEST_PAUSE_SECONDS))
        return result


class _Leftovers:
    """What lies in the storage and nothing refers to; `gone` are runs that are being deleted anyway."""

    def __init__(self, database: Database, storage: OutputStorage, folders: RunFolders, gone: set[str]) -> None:
        self._database = database
        self._storage = storage
        self._folders = folders
        self._gone = gone
        self._old_before = datetime.now(UTC) - YOUNG

    def look(self) -> Iterator[tuple[str, list[StoredFile], bool]]:
        """A folder, the files in it that nothing refers to, and whether its run is known: else it is all of them."""
        # Runs are stored before anything is kept of them, so what is listed first is known, or was pruned.
        with _told_of_files(None):
            names = [name for name in self._folders.names() if _is_run_id(name) and name not in self._gone]
        for begin in range(0, len(names), _FOLDERS_AT_ONCE):
            some = names[begin : begin + _FOLDERS_AT_ONCE]
            known = self._database.read(fetch_runs(some))
            pruned = self._database.read(pruned_among(some))
            for name in some:
                if name in known and known[name].status.has_ended:
                    if leftovers := self._leftovers(name):
                        yield name, leftovers, True
                elif name not in known and name not in pruned:
                    files = self._files(name)
                    if all(self._is_old(file) for file in files):
                        yield name, files, False

    def _leftovers(self, run_id: str) -> list[StoredFile]:
        found = [(file, attempt_of(file)) for file in self._files(run_id) if self._is_old(file)]
        if not any(attempt for _, attempt in found):
            return []
        recorded = self._database.read(recorded_files(run_id))
        succeeded = {self._storage.names_of_attempt(key, token) for key, token in recorded.succeeded}
        came_to_nothing = [file for file, attempt in found if attempt is not None and attempt not in succeeded]
        return [file for file in came_to_nothing if not any(map(file.uri.startswith, recorded.uris))]

    def _files(self, run_id: str) -> list[StoredFile]:
        with _told_of_files(run_id):
            return self._folders.files(run_id)

    def _is_old(self, file: StoredFile) -> bool:
        return file.changed_at is not None and file.changed_at < self._old_before


@contextmanager
def _told_of_files(run_id: str | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FilesNotDeletedError(run_id=run_id, problem=str(error.strerror or error)) from error


def _is_run_id(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False
