"""The code that a worker serves: as it is now, older code that runs still need, and why code does not import."""

from __future__ import annotations

import itertools
import logging
import queue
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from time import monotonic

from dalsegno.errors import CodeLoadError
from dalsegno.runs.attempts import ErrorInfo
from dalsegno.settings import Durability
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.worker.channel_reader import ChannelReader
from dalsegno.worker.code_watch import signature
from dalsegno.worker.loaded_code import CodeSource, LoadedCode
from dalsegno.worker.messages import FilesChanged, Forked, FromCodeProcess, Loaded, LoadFailed, StepExited
from dalsegno.worker.step_pool import StepPool

_log = logging.getLogger(__name__)

# Code whose process died as it was loaded is loaded again after this, or when its file changes.
_RELOAD_SECONDS = 5.0


class AuthorsCode:
    """Loads the code, and again when its files change, each time in a new process: nothing of it runs in this one.

    `code_of` may be called from any thread, the rest from one.
    """

    def __init__(
        self,
        source: CodeSource,
        storage_url: str,
        durability: Durability,
        folder: Path,
        pool: StepPool,
        reader: ChannelReader,
        wake: Callable[[], None],
        *,
        keep_seconds: float,
    ) -> None:
        """`folder` is this worker's own; `wake` is called, from another thread, when `look` has something to see.

        Code that was superseded is kept for `keep_seconds` at least: a run may just be planned on it.
        """
        # Why the code as it is now does not import; None where it does.
        self.load_error: ErrorInfo | None = None
        self._source = source
        self._storage_url = storage_url
        self._durability = durability
        self._folders = (folder / str(number) for number in itertools.count(1))
        self._pool = pool
        self._reader = reader
        self._wake = wake
        self._keep_seconds = keep_seconds
        self._said: queue.SimpleQueue[tuple[LoadedCode, FromCodeProcess | None]] = queue.SimpleQueue()
        self._current: tuple[PipelineSnapshot, ...] = ()
        # Newest first.
        self._loaded: tuple[LoadedCode, ...] = ()
        self._superseded_at: dict[LoadedCode, float] = {}
        # It loads now, or could not load and watches the files.
        self._candidate: LoadedCode | None = None
        self._is_loading = False
        # Of the file, when loading it began: while it is loaded nobody else watches it.
        self._signature: object = None
        self._load_again_at: float | None = None

    @property
    def current(self) -> tuple[PipelineSnapshot, ...]:
        """The pipelines as their code is now, or was when it last imported."""
        return self._current

    @property
    def snapshot_ids(self) -> tuple[str, ...]:
        """All that can be executed."""
        return tuple(dict.fromkeys(one for code in self._loaded for one in code.snapshots))

    def code_of(self, snapshot_id: str) -> LoadedCode | None:
        """The newest code that is this snapshot."""
        return next((code for code in self._loaded if snapshot_id in code.snapshots), None)

    def load(self) -> None:
        """Begin to load the code as it is now."""
        if self._candidate is not None:
            self._candidate.stop()
        self._is_loading = True
        self._load_again_at = None
        self._signature = self._look_at_file()
        self._candidate = LoadedCode(
            self._source, self._storage_url, self._durability, next(self._folders), self._reader, self._hear
        )

    def look(self) -> bool:
        """See what the code processes have said; whether what is served, or its error, has changed."""
        seen = [self._see(code, message) for code, message in self._take_said()]
        is_due = self._load_again_at is not None and monotonic() >= self._load_again_at
        is_unwatched = self._is_loading or self._load_again_at is not None
        if is_due or (is_unwatched and self._look_at_file() != self._signature):
            self.load()
        return any(seen)

    def drop_old(self, in_use: Callable[[Collection[str]], Collection[str]]) -> bool:
        """End code that nobody needs any more; whether there was some. `in_use` tells which snapshots a run needs."""
        old = [code for code in self._loaded[1:] if monotonic() - self._superseded_at[code] > self._keep_seconds]
        dropped = False
        for code in old:
            newer = {one for other in self._loaded[: self._loaded.index(code)] for one in other.snapshots}
            needed = in_use(set(code.snapshots) - newer)
            if not needed and not self._pool.is_busy_with(code):
                self._forget(code)
                self._pool.drop(code)
                code.stop()
                dropped = True
        return dropped

    def stop(self) -> None:
        """End all code processes, with what they have forked."""
        for code in (*self._loaded, *([self._candidate] if self._candidate else [])):
            code.stop()

    def _hear(self, code: LoadedCode, message: FromCodeProcess | None) -> None:
        # In the reading thread.
        if isinstance(message, Forked | StepExited):
            self._pool.code_says(message)
            return
        if message is None:
            self._pool.code_ended(code)
        self._said.put((code, message))
        self._wake()

    def _take_said(self) -> Iterator[tuple[LoadedCode, FromCodeProcess | None]]:
        while not self._said.empty():
            yield self._said.get()

    def _see(self, code: LoadedCode, message: FromCodeProcess | None) -> bool:
        is_candidate = code is self._candidate
        match message:
            case Loaded() if is_candidate:
                self._supersede(code, message)
                return True
            case LoadFailed() if is_candidate:
                _log.error("%s\n%s", message.error.message, message.error.traceback or "")
                self.load_error = message.error
                self._is_loading = False
                return True
            case FilesChanged() if is_candidate or code in self._loaded[:1]:
                self.load()
            case None if is_candidate:
                self._see_candidate_die(code)
                return True
            case None if code in self._loaded:
                _log.error("The process with the code of %s died (%s).", self._source.location, code.wait())
                was_current = code is self._loaded[0]
                self._forget(code)
                if was_current and self._candidate is None:
                    self.load()
        return False

    def _supersede(self, code: LoadedCode, loaded: Loaded) -> None:
        _log.info("Loaded %s: %s", self._source.location, ", ".join(one.name for one in loaded.snapshots))
        code.snapshots = {one.id: one for one in loaded.snapshots}
        self._superseded_at |= {one: monotonic() for one in self._loaded[:1]}
        self._loaded = (code, *self._loaded)
        self._current = loaded.snapshots
        self._candidate = None
        self._is_loading = False
        self.load_error = None
        self._pool.try_again()

    def _see_candidate_die(self, code: LoadedCode) -> None:
        problem = f"the process that imported it died: {code.wait()}"
        died = CodeLoadError(source=self._source.location, problem=problem)
        _log.error("%s", died.message)
        self.load_error = ErrorInfo(class_name=CodeLoadError.__name__, message=died.message)
        self._candidate = None
        self._is_loading = False
        self._load_again_at = monotonic() + _RELOAD_SECONDS

    def _forget(self, code: LoadedCode) -> None:
        self._loaded = tuple(one for one in self._loaded if one is not code)
        self._superseded_at.pop(code, None)

    def _look_at_file(self) -> object:
        return None if self._source.file is None else signature(self._source.file)
