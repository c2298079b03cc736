"""A worker: publishes an author's pipelines, claims runs under a lease, and executes them in step processes."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import socket
import tempfile
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

from dalsegno.errors import CodeLoadError, StoreUnavailableError
from dalsegno.output_storage import OutputStorage
from dalsegno.runs.run import Run
from dalsegno.settings import Settings
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.snapshot.step_limits import StepLimits
from dalsegno.store.abandoned_runs import end_abandoned_run, find_abandoned_runs
from dalsegno.store.changes import Changes
from dalsegno.store.database import Database
from dalsegno.store.first_contact import opened_once_there
from dalsegno.store.lease_watch import LeaseWatch
from dalsegno.store.queue import claim, fetch_cancel_requests, fetch_snapshots_in_use
from dalsegno.store.runs import Lease
from dalsegno.store.script import Script
from dalsegno.store.workers import WorkerRecord
from dalsegno.worker.active_runs import ActiveRuns
from dalsegno.worker.authors_code import AuthorsCode
from dalsegno.worker.automatic_retries import launch_due_retries
from dalsegno.worker.channel_reader import ChannelReader
from dalsegno.worker.claim_pace import ClaimPace
from dalsegno.worker.loaded_code import CodeSource
from dalsegno.worker.metrics import WorkerMetrics
from dalsegno.worker.observers import Observers, RunLog, RunsObserver
from dalsegno.worker.pooled_run import RunTools
from dalsegno.worker.presence import Presence
from dalsegno.worker.process_family import end_marked_by_the_dead
from dalsegno.worker.replanning import replan_unserved
from dalsegno.worker.run_recorder import CommitPolicy
from dalsegno.worker.step_pool import StepPool
from dalsegno.worker.stopping import stopped_by_event, stopped_by_signals
from dalsegno.worker.tracing import open_traces

_log = logging.getLogger(__name__)

EXECUTOR = "processes"
# A lease that expires is no news, so the worker looks by itself, so often at least.
_LOOK_SECONDS = 1.0
# And after news so often at most.
_REST_SECONDS = 0.020
_AFTER_FAILURE_SECONDS = 1.0
# Code that was superseded is kept so long at least.
_KEEP_SECONDS = 10.0
# How long nobody has had a run's code before it is planned again.
PATIENCE_SECONDS = 60.0


def new_worker_id() -> str:
    """For people too: the host and the process."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


def run_worker(
    settings: Settings,
    *,
    file: Path | None = None,
    module: str | None = None,
    stop: threading.Event | None = None,
    worker_id: str | None = None,
    patience_seconds: float = PATIENCE_SECONDS,
) -> None:
    """Serve the pipelines of a file or module, until `stop` is set, or SIGTERM or SIGINT comes to the main thread.

    Then what runs may end within the grace period, and runs that are not done are given back; a second signal ends
    them at once. Raises CodeLoadError where neither or both are given or there is no such file, and
    SchemaVersionError, InvalidSettingError, StoreUnavailableError; where the database's server is just away, the worker
    waits. Code that does not import is reported in the worker's record, and loaded again when it is mended.
    """
    if (file is None) == (module is None):
        raise CodeLoadError(source="code", problem="give a file (-f) or a module (-m), one of them")
    if file is not None and not file.is_file():
        raise CodeLoadError(source=str(file), problem="there is no such file")
    source = CodeSource(file=file.absolute() if file is not None else None, module=module)
    stopped = threading.Event()
    with stopped_by_signals(stopped.set), stopped_by_event(stopped.set, stop):
        database = opened_once_there(settings, stopped.wait)
    if database is None:
        return
    try:
        worker = Worker(settings, source, database, worker_id=worker_id, patience_seconds=patience_seconds)
        with stopped_by_signals(worker.stop), stopped_by_event(worker.stop, stop):
            worker.run()
    finally:
        database.close()


class Worker:
    """One worker, from `run` to the end of it."""

    def __init__(
        self,
        settings: Settings,
        source: CodeSource,
        database: Database,
        *,
        worker_id: str | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self.id = worker_id or new_worker_id()
        self._settings = settings
        self._source = source
        self._database = database
        self._patience_seconds = patience_seconds
        self._started_at = datetime.now(UTC)
        self._folder = Path(tempfile.mkdtemp(prefix="dalsegno-worker-"))
        self._storage = OutputStorage(settings.storage_url, settings.durability)
        self._woken = threading.Event()
        # How often it was asked to stop.
        self._stops = 0
        self._reader = ChannelReader()
        self._pool = StepPool(settings.max_steps, self._reader)
        self._code = AuthorsCode(
            source,
            settings.storage_url,
            settings.durability,
            self._folder,
            self._pool,
            self._reader,
            self._woken.set,
            keep_seconds=min(_KEEP_SECONDS, patience_seconds),
        )
        self._presence = Presence(
            database, self._record(), heartbeat_seconds=settings.heartbeat_seconds, ttl_seconds=settings.lease_seconds
        )
        tools = RunTools(
            worker_id=self.id,
            pool=self._pool,
            code_of=self._code.code_of,
            storage=self._storage,
            grace_seconds=settings.grace_seconds,
            limits=StepLimits(memory_bytes=settings.step_memory_limit, time_seconds=settings.step_time_limit),
        )
        self._metrics = WorkerMetrics()
        self._traces = open_traces()
        observers: list[RunsObserver] = [RunLog(), self._metrics, *([self._traces] if self._traces else [])]
        self._runs = ActiveRuns(database, CommitPolicy.of(settings), tools, Observers(observers), self._woken.set)
        # What has changed of the code is stored; where it is not, what was loaded meanwhile, the newest last.
        self._is_told = True
        self._unpublished: tuple[PipelineSnapshot, ...] = ()
        self._tidied_at = monotonic()
        self._pace = ClaimPace()
        self._watch = LeaseWatch(
            slow_seconds=settings.heartbeat_seconds,
            settling_seconds=settings.lease_seconds,
            was_away=database.was_away,
        )

    def stop(self) -> None:
        """End in good order; asked again, at once. May be called from any thread, and by a signal's handler."""
        self._stops += 1
        self._woken.set()

    def run(self) -> None:
        """Work until asked to stop."""
        try:
            with self._metrics.given_out(self._settings.worker_metrics):
                end_marked_by_the_dead()
                self._presence.begin()
                self._code.load()
                _log.info("Worker %s serves %s.", self.id, self._source.location)
                with Changes(self._database) as changes, changes.calling(self._woken.set):
                    while not self._stops:
                        self._work()
                    self._wind_up()
                with suppress(StoreUnavailableError):
                    self._presence.end()
        finally:
            if self._traces is not None:
                self._traces.close()
            self._code.stop()
            self._reader.close()
            self._pool.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _work(self) -> None:
        """What is to be done now; then wait for the next news."""
        self._woken.clear()
        began = monotonic()
        try:
            self._see_code()
            self._see_cancels()
            self._claim()
            if began - self._tidied_at > self._settings.heartbeat_seconds:
                self._tidied_at = began
                self._tidy_up()
            self._watch.answered()
        except StoreUnavailableError as error:
            self._watch.failed(error)
            sleep(_AFTER_FAILURE_SECONDS)
            return
        # Where it was too soon to look through the queue, that is what is to be done next.
        self._woken.wait(min(_LOOK_SECONDS, self._pace.seconds_left or _LOOK_SECONDS))
        if self._runs and not self._stops:
            # Every commit of its own runs is news.
            sleep(max(0.0, _REST_SECONDS - (monotonic() - began)))

    def _see_code(self) -> None:
        before = self._code.current
        if self._code.look():
            self._is_told = False
        if self._code.current is not before:
            self._unpublished += self._code.current
        if not self._is_told:
            self._presence.say(self._record(), self._unpublished)
            self._is_told, self._unpublished = True, ()

    def _see_cancels(self) -> None:
        running = self._runs.to_cancel()
        if running:
            for run_id in self._database.read(fetch_cancel_requests(running)):
                self._runs.cancel(run_id)

    def _claim(self) -> None:
        while len(self._runs) < self._settings.max_runs and not self._stops and not self._pace.seconds_left:
            lease = Lease(token=secrets.token_hex(16), holder=self.id, seconds=self._settings.lease_seconds)
            run = self._database.write(self._claimed(lease, self._runs.run_ids, asked_at=monotonic()))
            if run is None:
                return
            self._runs.begin(run, lease.token)

    def _claimed(self, lease: Lease, besides: list[str], *, asked_at: float) -> Script[Run | None]:
        # A script begins when its transaction has: where that had to wait, so had the holders of other runs.
        began = monotonic()
        self._watch.answered(began - asked_at)
        spare_expired = not self._watch.is_settled
        run = yield from claim(
            self.id,
            self._code.snapshot_ids,
            lease,
            besides=besides,
            spare_expired=spare_expired,
            limits=self._settings.tag_limits,
        )
        if run is None:
            self._pace.found_nothing(monotonic() - began)
        return run

    def _tidy_up(self) -> None:
        self._pool.kill_overdue(self._settings.grace_seconds)
        if self._code.drop_old(lambda snapshot_ids: self._database.read(fetch_snapshots_in_use(snapshot_ids))):
            self._presence.say(self._record())
        if not self._watch.is_settled:
            return
        launch_due_retries(self._database, self._storage)
        replan_unserved(self._database, self._storage, self._code.current, self._patience_seconds)
        for run_id in self._database.read(find_abandoned_runs()):
            self._database.write(self._ended_if_abandoned(run_id, asked_at=monotonic()))

    def _ended_if_abandoned(self, run_id: str, *, asked_at: float) -> Script[None]:
        self._watch.answered(monotonic() - asked_at)
        if self._watch.is_settled:
            yield from end_abandoned_run(run_id)

    def _wind_up(self) -> None:
        """Let the runs end, or give them back."""
        _log.info("Worker %s stops.", self.id)
        seen = 0
        while self._runs:
            if self._stops > seen:
                self._runs.stop(monotonic() + (0.0 if self._stops > 1 else self._settings.grace_seconds))
                seen = self._stops
            self._woken.wait(_LOOK_SECONDS)
            self._woken.clear()
            with suppress(StoreUnavailableError):
                self._see_cancels()
            sleep(_REST_SECONDS)

    def _record(self) -> WorkerRecord:
        return WorkerRecord(
            id=self.id,
            host=socket.gethostname(),
            pid=os.getpid(),
            executor=EXECUTOR,
            code_location=self._source.location,
            pipeline_snapshots={one.name: one.id for one in self._code.current},
            loaded_snapshot_ids=self._code.snapshot_ids,
            load_error=self._code.load_error,
            started_at=self._started_at,
        )
