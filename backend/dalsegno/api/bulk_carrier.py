"""Carrying bulks on: the service's own task, which takes each bulk that no other service holds.

Each run of a bulk is planned anew when its turn comes, by the code of a single launch. No more than a few of a bulk's
runs wait for a worker at once, so a single launch waits behind few.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Coroutine
from typing import Any

from dalsegno.api.access import Caller
from dalsegno.api.context import RequestContext, Service
from dalsegno.api.launching import canceled, planned_relaunch, queued
from dalsegno.errors import DalsegnoError, RunAlreadyFinishedError, StoreUnavailableError
from dalsegno.launch import LaunchOptions
from dalsegno.plan.plan import Plan
from dalsegno.runs.bulk import BULK_TAG, Bulk, BulkAction, BulkOutcome, BulkRun, told_of_many
from dalsegno.runs.run import Run
from dalsegno.settings import Role
from dalsegno.store.bulk_progress import (
    BulkLease,
    claim_bulk,
    end_bulk,
    hold_bulk,
    next_of_bulk,
    queued_of_bulk,
    release_bulk,
    settle,
    still_queued,
    unfinished_bulks,
)
from dalsegno.store.script import Script

_FAILED = "Something went wrong in the service; its log tells what. Nothing was launched for this run."
# Runs that are read at once; each has its turn by itself.
_READ_AT_ONCE = 50
# After news, before runs that wait for a worker are looked at again: a busy store has news all the time.
_PAUSE_SECONDS = 0.05
_logger = logging.getLogger("dalsegno.api")


class _NotHeldError(Exception):
    """The bulk was cancelled, or another service has taken it."""


class BulkCarrier:
    """Carries on the bulks that one service holds."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._seconds = service.settings.lease_seconds
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until it is stopped; then every bulk has been given back, for another service to carry on at once."""
        while not self._stopping.is_set():
            seconds = await self._take()
            await _first_of(self._stopping.wait(), self._service.bulk_started.wait(), asyncio.sleep(seconds))
        await asyncio.gather(*self._tasks)

    async def stop(self, running: asyncio.Task[None], patience_seconds: float) -> None:
        """Lets `running` end, which is the task of `run`; a turn that takes longer than this is given up."""
        self._stopping.set()
        await asyncio.wait({running}, timeout=patience_seconds)
        for task in (running, *self._tasks):
            task.cancel()
        await asyncio.gather(running, *self._tasks, return_exceptions=True)

    async def _take(self) -> float:
        """Begins to carry the bulks that nobody holds; seconds until it is to be looked again."""
        self._service.bulk_started.clear()
        database = self._service.database
        try:
            unfinished = await database.read_async(unfinished_bulks())
            for bulk_id in unfinished.free:
                lease = BulkLease(bulk_id=bulk_id, token=secrets.token_hex(16), seconds=self._seconds)
                bulk = await database.write_async(claim_bulk(lease))
                if bulk is not None:
                    task = asyncio.create_task(_carry(_Carried(self._service, bulk, lease, self._stopping)))
                    self._tasks.add(task)
                    task.add_done_callback(self._tasks.discard)
        except Exception:
            # Whatever it was, the bulks are to be carried on when it is over.
            _logger.exception("bulks could not be looked for")
            return self._service.settings.heartbeat_seconds
        soon = unfinished.next_free_in
        return self._seconds if soon is None else min(max(soon, 0.0) + _PAUSE_SECONDS, self._seconds)


async def _carry(carried: _Carried) -> None:
    try:
        await _while_held(carried.carry_on(), carried)
    except _NotHeldError:
        pass
    except Exception:
        # Its lease runs out, and it is taken again.
        _logger.exception("bulk %s could not be carried on", carried.lease.bulk_id)


async def _while_held(work: Coroutine[Any, Any, None], carried: _Carried) -> None:
    """Does the work, and renews the lease meanwhile. Raises _NotHeldError once it is not held any more."""
    task = asyncio.create_task(work)
    try:
        while not (await asyncio.wait({task}, timeout=carried.heartbeat_seconds))[0]:
            await carried.renew()
        task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class _Carried:
    """One bulk, held by this service."""

    def __init__(self, service: Service, bulk: Bulk, lease: BulkLease, stopping: asyncio.Event) -> None:
        self.lease = lease
        self._stopping = stopping
        self.heartbeat_seconds = service.settings.heartbeat_seconds
        self._service = service
        self._database = service.database
        self._bulk = bulk
        # On behalf of whom it was started.
        self._caller = Caller(name=bulk.launched_by or "", role=Role.OPERATOR)
        self._options = LaunchOptions(
            strategy=bulk.strategy,
            reason=bulk.reason,
            launched_by=bulk.launched_by,
            tags={BULK_TAG: bulk.bulk_id},
        )

    async def carry_on(self) -> None:
        """Gives every run that waits its turn, and ends the bulk; or gives it back where the service stops."""
        room = _Room(self._service, self._bulk.bulk_id, self._stopping)
        while turns := await self._database.read_async(next_of_bulk(self._bulk.bulk_id, _READ_AT_ONCE)):
            for one in turns:
                if self._bulk.action is BulkAction.REEXECUTE:
                    await room.wait()
                if self._stopping.is_set():
                    await self._database.write_async(release_bulk(self.lease))
                    return
                if self._bulk.action is BulkAction.REEXECUTE:
                    room.take(await self._relaunch(one))
                else:
                    await self._cancel(one)
        await self._database.write_async(end_bulk(self.lease))

    async def renew(self) -> None:
        """Holds the bulk for longer."""
        if not await self._database.write_async(hold_bulk(self.lease)):
            raise _NotHeldError

    async def _relaunch(self, one: BulkRun) -> str | None:
        """The id of the run that was launched."""
        context = RequestContext(self._service, self._caller)
        try:
            run, plan = await planned_relaunch(context, one.run_id, self._options)
        except StoreUnavailableError:
            raise
        except DalsegnoError as refusal:
            await self._database.write_async(self._refused(one, refusal.message))
            return None
        except Exception:
            _logger.exception("run %s of bulk %s could not be re-executed", one.run_id, self.lease.bulk_id)
            await self._database.write_async(self._refused(one, _FAILED))
            return None
        await self._database.write_async(self._launched(one, run, plan))
        return run.run_id

    async def _cancel(self, one: BulkRun) -> None:
        try:
            await self._database.write_async(self._canceled(one))
        except RunAlreadyFinishedError as refusal:
            await self._database.write_async(self._refused(one, refusal.message))

    def _launched(self, one: BulkRun, run: Run, plan: Plan) -> Script[None]:
        yield from self._checked()
        yield from queued(run, plan)
        yield from settle(self.lease, one, BulkOutcome.LAUNCHED, by_run_id=run.run_id)

    def _canceled(self, one: BulkRun) -> Script[None]:
        yield from self._checked()
        yield from canceled(one.run_id, by=self._bulk.launched_by)
        yield from settle(self.lease, one, BulkOutcome.CANCELED)

    def _refused(self, one: BulkRun, message: str) -> Script[None]:
        yield from self._checked()
        told = told_of_many(message, one.run_id)
        yield from settle(self.lease, one, BulkOutcome.REFUSED, message=told)

    def _checked(self) -> Script[None]:
        if not (yield from hold_bulk(self.lease)):
            raise _NotHeldError


class _Room:
    """How many more runs of a bulk may wait for a worker."""

    def __init__(self, service: Service, bulk_id: str, stopping: asyncio.Event) -> None:
        self._database = service.database
        self._changes = service.changes
        self._settings = service.settings
        self._bulk_id = bulk_id
        self._stopping = stopping
        # Not looked at yet: another service may have launched some.
        self._queued: frozenset[str] | None = None

    async def wait(self) -> None:
        """Until there is room for one more, which workers make by claiming runs, or until the service stops."""
        if self._queued is None:
            self._queued = await self._database.read_async(queued_of_bulk(self._bulk_id))
        while len(self._queued) >= self._settings.bulk_queued_runs and not self._stopping.is_set():
            mark = self._changes.mark
            self._queued = await self._database.read_async(still_queued(self._queued))
            if len(self._queued) >= self._settings.bulk_queued_runs:
                await _first_of(self._stopping.wait(), self._news(mark))

    def take(self, run_id: str | None) -> None:
        """A run waits for a worker from now on."""
        if run_id is not None and self._queued is not None:
            self._queued |= {run_id}

    async def _news(self, mark: int) -> None:
        await self._changes.wait(self._settings.heartbeat_seconds, after=mark)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _first_of(*waits: Coroutine[Any, Any, object]) -> None:
    """Ends with the first of them; the others are given up."""
    tasks = [asyncio.ensure_future(one) for one in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
