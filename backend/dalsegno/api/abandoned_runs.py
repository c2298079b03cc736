"""Runs whose script is gone, as the service finds them: not just after its database was away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from dalsegno.errors import StoreUnavailableError
from dalsegno.settings import Settings
from dalsegno.store.abandoned_runs import end_abandoned_run
from dalsegno.store.database import Database
from dalsegno.store.lease_watch import LeaseWatch
from dalsegno.store.script import Script


class AbandonedRuns:
    """Ends them where somebody wants to re-execute them. No worker can carry them on."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._stopping = asyncio.Event()
        self._heartbeat_seconds = settings.heartbeat_seconds
        # A holder loses its lease where its heartbeat has to wait for what is left of it. Half of that is noticed.
        spare_seconds = settings.lease_seconds - settings.heartbeat_seconds
        self._watch = LeaseWatch(
            slow_seconds=spare_seconds / 2, settling_seconds=settings.lease_seconds, was_away=database.was_away
        )

    async def watch(self) -> None:
        """Until it is told to stop: notices when the database is away, whether or not anybody asks for anything."""
        while not self._stopping.is_set():
            try:
                # It only reads: SQLite's one lock is not for looking.
                await self._database.read_async(self._answered(asked_at=monotonic()))
            except StoreUnavailableError as error:
                self._watch.failed(error)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), self._heartbeat_seconds)

    async def stop(self, watching: asyncio.Task[None], patience_seconds: float) -> None:
        """Lets `watching` end, which is the task of `watch`: cut off while it connects, it would leave a connection."""
        self._stopping.set()
        await asyncio.wait({watching}, timeout=patience_seconds)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

    async def end(self, run_ids: Sequence[str]) -> bool:
        """Ends those of the runs that were abandoned; False where there is nothing to end, or it can't be told yet."""
        return await self._database.write_async(self._ended(run_ids, asked_at=monotonic()))

    def _ended(self, run_ids: Sequence[str], *, asked_at: float) -> Script[bool]:
        yield from self._answered(asked_at=asked_at)
        ended = False
        if self._watch.is_settled:
            for run_id in run_ids:
                ended |= yield from end_abandoned_run(run_id)
        return ended

    def _answered(self, *, asked_at: float) -> Script[None]:
        # A script begins when its transaction has, and no connection is used untried: there is nothing to ask. Where it
        # had to wait, so had the holders of runs.
        yield from ()
        self._watch.answered(monotonic() - asked_at)
