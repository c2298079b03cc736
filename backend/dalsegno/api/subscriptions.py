"""What clients are told as it happens."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from time import monotonic
from typing import Annotated, TypeVar

import strawberry

from dalsegno.api.context import Info, RequestContext, Service
from dalsegno.api.events import CURSOR, RunEvent, RunEventBatch
from dalsegno.api.fields import given, subscription
from dalsegno.api.pagination import MAX_EVENTS, number_of
from dalsegno.api.runs import Run
from dalsegno.api.step_views import version_of
from dalsegno.errors import RunNotFoundError, StoreUnavailableError
from dalsegno.runs.events import RunEvent as EventRecord
from dalsegno.runs.run import Run as RunRecord
from dalsegno.store.event_pages import EventQuery, fetch_event_pages
from dalsegno.store.run_changes import fetch_moving_runs, newest_run_id
from dalsegno.store.runs import fetch_run
from dalsegno.store.script import Script

# News come at once; this long after them, or without any, it is looked all the same.
_LOOK_EVERY_SECONDS = 5.0
# A run's updates are at least this far apart.
_UPDATE_SECONDS = 0.1

# While the database is away, it is asked so often.
_AWAY_SECONDS = 1.0

T = TypeVar("T")
_log = logging.getLogger("dalsegno.api")

After = Annotated[str | None, strawberry.argument(description="The cursor of the last event that is known.")]
OneRun = Annotated[strawberry.ID | None, strawberry.argument(description="Null: every run, from its next change on.")]


@strawberry.type
class Subscription:
    """Fields of Subscription."""

    @subscription
    async def run_events(
        self, info: Info, run_id: strawberry.ID, after: After = strawberry.UNSET
    ) -> AsyncGenerator[RunEventBatch, None]:
        """Events of one run, oldest first, in batches: first those stored after the cursor, then live,
        to the run's end.
        """
        number = number_of(CURSOR, given(after))
        service = info.context.service
        reads = _Reads(service)
        while True:
            mark = service.changes.mark
            run, events = await reads.read(partial(_run_with_events, run_id, number))
            number = events[-1].number if events else number
            is_last = run.status.has_ended and number >= run.version
            if events or is_last:
                yield RunEventBatch(events=[RunEvent.of(event) for event in events], is_last=is_last)
            if is_last:
                return
            if len(events) < MAX_EVENTS:
                await service.changes.wait(_LOOK_EVERY_SECONDS, after=mark)

    @subscription
    async def run_updates(self, info: Info, run_id: OneRun = strawberry.UNSET) -> AsyncGenerator[Run, None]:
        """First the run as it is, then each time its status or a step's changes, at most ten times a second a run;
        ask stepStats(changedSince:) for what moved. The updates of one run end with it.
        """
        watched = given(run_id)
        updates = _updates_of_all(info.context) if watched is None else _updates_of(info.context, watched)
        async with aclosing(updates):
            async for run in updates:
                info.context.forget_what_was_read()
                yield Run.of(run)


async def _updates_of(context: RequestContext, run_id: str) -> AsyncGenerator[RunRecord, None]:
    service = context.service
    reads = _Reads(service)
    # What was told when the database went away may have been told in part.
    told: tuple[str, int] | None = None
    while True:
        mark, looked_at = service.changes.mark, monotonic()
        run = await reads.read(partial(fetch_run, run_id))
        if run is None:
            raise RunNotFoundError(run_id=run_id)
        if (version_of(run), reads.outages) != told:
            told = version_of(run), reads.outages
            yield run
        if run.status.has_ended:
            return
        await service.changes.wait(_LOOK_EVERY_SECONDS, after=mark)
        await asyncio.sleep(max(0.0, looked_at + _UPDATE_SECONDS - monotonic()))


async def _updates_of_all(context: RequestContext) -> AsyncGenerator[RunRecord, None]:
    service = context.service
    reads = _Reads(service)
    newest = await reads.read(newest_run_id)
    moving = await reads.read(partial(fetch_moving_runs, (), newest))
    # By run that has not ended: what was told of it.
    told = {run.run_id: (version_of(run), reads.outages) for run in moving}
    while True:
        mark, looked_at = service.changes.mark, monotonic()
        for run in await reads.read(partial(fetch_moving_runs, told, newest)):
            newest = max(newest, run.run_id)
            if told.get(run.run_id) != (version_of(run), reads.outages):
                told[run.run_id] = version_of(run), reads.outages
                yield run
            if run.status.has_ended:
                told.pop(run.run_id, None)
        await service.changes.wait(_LOOK_EVERY_SECONDS, after=mark)
        await asyncio.sleep(max(0.0, looked_at + _UPDATE_SECONDS - monotonic()))


class _Reads:
    """Reads of one subscription. Where the database is away, they wait for it, and the subscription goes on then."""

    def __init__(self, service: Service) -> None:
        self._database = service.database
        # How often it was away.
        self.outages = 0

    async def read(self, script: Callable[[], Script[T]]) -> T:
        """What the script returns."""
        is_away = False
        while True:
            try:
                return await self._database.read_async(script())
            except StoreUnavailableError as error:
                if not is_away:
                    _log.warning("A subscription waits for the database. %s", error)
                    self.outages += 1
                is_away = True
                await asyncio.sleep(_AWAY_SECONDS)


def _run_with_events(run_id: str, after: int) -> Script[tuple[RunRecord, list[EventRecord]]]:
    run = yield from fetch_run(run_id)
    if run is None:
        raise RunNotFoundError(run_id=run_id)
    pages = yield from fetch_event_pages([run_id], EventQuery(after=after, limit=MAX_EVENTS))
    return run, pages[run_id]
