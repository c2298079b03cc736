"""Says in the store that a worker is there, again and again, whatever else it is at."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import UTC, datetime

from dalsegno.errors import StoreUnavailableError
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.database import Database
from dalsegno.store.pipelines import publish
from dalsegno.store.script import Script
from dalsegno.store.workers import WorkerRecord, heartbeat, register, remove_worker

_log = logging.getLogger(__name__)


class Presence:
    """A worker's record, kept alive by a thread of its own from `begin` to `end`."""

    def __init__(
        self, database: Database, record: WorkerRecord, *, heartbeat_seconds: float, ttl_seconds: float
    ) -> None:
        self._database = database
        # As it is stored.
        self._record = record
        self._heartbeat_seconds = heartbeat_seconds
        self._ttl_seconds = ttl_seconds
        # So that what was true before is never written after what is true now.
        self._saying = threading.Lock()
        self._has_ended = threading.Event()
        self._thread = threading.Thread(target=self._say_again_and_again, name="dalsegno-heartbeat", daemon=True)

    def begin(self) -> None:
        """From now on the worker is there, or, where the database is away, as soon as that is back."""
        try:
            self._database.write(register(self._record, self._ttl_seconds))
        except StoreUnavailableError as error:
            _log.warning("%s It is tried again.", error)
        self._thread.start()

    def say(self, record: WorkerRecord, published: Sequence[PipelineSnapshot] = ()) -> None:
        """It has changed: say so now, and make these pipelines current. Raises StoreUnavailableError."""
        with self._saying:
            self._database.write(_publish_and_say(record, self._ttl_seconds, published))
            self._record = record

    def end(self) -> None:
        """The worker is no longer there. Raises StoreUnavailableError."""
        self._has_ended.set()
        self._thread.join()
        self._database.write(remove_worker(self._record.id))

    def _say_again_and_again(self) -> None:
        while not self._has_ended.wait(self._heartbeat_seconds):
            try:
                with self._saying:
                    self._database.write(heartbeat(self._record, self._ttl_seconds))
            except StoreUnavailableError as error:
                # The worker itself tells that the database is away.
                _log.debug("%s It is tried again.", error)


def _publish_and_say(record: WorkerRecord, ttl_seconds: float, published: Sequence[PipelineSnapshot]) -> Script[None]:
    if published:
        yield from publish(published, datetime.now(UTC))
    yield from heartbeat(record, ttl_seconds)
