"""Clients of the service: launch, re-execute, follow and cancel runs from scripts and other tools."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

from dalsegno.client import bulk_requests, requests
from dalsegno.client.records import Bulk, BulkPlan, Plan, Run, RunEvent, RunFilter, StepStats
from dalsegno.client.requests import Request
from dalsegno.client.transport import Patience, endpoint, headers, not_reached, read_answer
from dalsegno.errors import DalsegnoError

T = TypeVar("T")

_TIMEOUT_SECONDS = 30.0


class Client:
    """A client of the service at `url`; with a `token` where the service asks for one.

    A context manager; `close()` may be called instead. Methods raise the errors of `dalsegno.errors` that the service
    refuses with, and ServiceError where it can't be reached. Safe to use from several threads.
    """

    def __init__(self, url: str, token: str | None = None, *, timeout: float = _TIMEOUT_SECONDS) -> None:
        import httpx  # lazily: scripts that only mention the client need not pay for it

        self._url = endpoint(url)
        self._failures = httpx.HTTPError
        self._http = httpx.Client(headers=headers(token), timeout=timeout)

    def launch_run(
        self,
        pipeline_name: str,
        *,
        mode: str | None = None,
        run_config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        selection: str | Sequence[str] | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Run:
        """Queue a new run, the root of a new group.

        Raises PipelineNotFoundError, InvalidSelectionError, InvalidRunConfigError, MissingOutputsError,
        IdempotencyConflictError, PermissionDeniedError.
        """
        return self._ask(requests.launch_run(pipeline_name, mode, run_config, tags, selection, reason, idempotency_key))

    def launch_reexecution(
        self,
        parent_run_id: str,
        *,
        strategy: str | None = None,
        selection: str | Sequence[str] | None = None,
        mode: str | None = None,
        run_config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
        plan_id: str | None = None,
    ) -> Run:
        """Queue a run that re-executes all or part of a finished run; the parent is never changed.

        `strategy` defaults to SELECTED_STEPS where a selection is given, else to ALL_STEPS; config, mode and tags to
        the parent's. The same idempotency key with the same arguments answers the run launched first. With `plan_id`,
        launch only if that is still the plan.

        Raises RunNotFoundError, PipelineNotFoundError, ReexecutionNotAllowedError, InvalidSelectionError,
        MissingOutputsError, InvalidRunConfigError, StalePlanError, IdempotencyConflictError, PermissionDeniedError.
        """
        asked = requests.plan_variables(parent_run_id, strategy, selection, mode, run_config)
        return self._ask(requests.launch_reexecution(asked, tags, reason, idempotency_key, plan_id))

    def plan_reexecution(
        self,
        parent_run_id: str,
        *,
        strategy: str | None = None,
        selection: str | Sequence[str] | None = None,
        mode: str | None = None,
        run_config: Mapping[str, Any] | None = None,
    ) -> Plan:
        """What `launch_reexecution` would do, without doing it. Raises what it would raise."""
        asked = requests.plan_variables(parent_run_id, strategy, selection, mode, run_config)
        return self._ask(requests.plan_reexecution(asked))

    def run(self, run_id: str) -> Run:
        """A run as it stands. Raises RunNotFoundError."""
        return self._ask(requests.fetch_run(run_id))

    def runs(
        self,
        *,
        pipeline_name: str | None = None,
        statuses: Sequence[str] | None = None,
        tags: Mapping[str, str] | None = None,
        unresolved_only: bool = False,
        limit: int = 25,
    ) -> list[Run]:
        """The newest runs that match all of it, newest first; 200 at most."""
        return self._ask(requests.list_runs(pipeline_name, statuses, tags, unresolved_only, limit))

    def step_stats(self, run_id: str) -> list[StepStats]:
        """The steps of a run as they stand, in topological order. Raises RunNotFoundError."""
        return self._ask(requests.step_stats(run_id))

    def events(self, run_id: str) -> Iterator[RunEvent]:
        """What has happened in a run so far, oldest first, read page by page. Raises RunNotFoundError."""
        events, after = self._ask(requests.page_of_events(run_id, None))
        yield from events
        while after is not None:
            events, after = self._ask(requests.page_of_events(run_id, after))
            yield from events

    def cancel_run(self, run_id: str) -> Run:
        """Ask for a run to be cancelled: nothing starts in it any more.

        Raises RunNotFoundError, RunAlreadyFinishedError, PermissionDeniedError.
        """
        return self._ask(requests.cancel_run(run_id))

    def launch_reexecutions(
        self,
        parent_run_ids: Sequence[str],
        *,
        strategy: str,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> list[Run | DalsegnoError]:
        """Queue a re-execution of each of up to 100 runs, in the order given: its run, or the error that refuses it.

        One that is refused stops no other. The same idempotency key with the same list answers the runs launched
        first, and tries again what was refused.
        """
        return self._ask(bulk_requests.launch_reexecutions(parent_run_ids, strategy, reason, idempotency_key))

    def plan_bulk(self, action: str, matching: RunFilter, *, strategy: str | None = None) -> BulkPlan:
        """What `start_bulk` would do, without doing it."""
        return self._ask(bulk_requests.plan_bulk(action, matching, strategy))

    def start_bulk(
        self,
        action: str,
        matching: RunFilter,
        expected_count: int,
        *,
        strategy: str | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Bulk:
        """Have the service re-execute ("REEXECUTE", with a strategy) or cancel ("CANCEL") every run that matches.

        It carries that out by itself, also after a restart. `expected_count` is how many runs match, as `plan_bulk`
        told. The same idempotency key with the same arguments answers the bulk started first.

        Raises BulkCountChangedError, IdempotencyConflictError, PermissionDeniedError.
        """
        return self._ask(bulk_requests.start_bulk(action, matching, expected_count, strategy, reason, idempotency_key))

    def bulk(self, bulk_id: str) -> Bulk:
        """A bulk, as far as it is. Raises BulkNotFoundError."""
        return self._ask(bulk_requests.fetch_bulk(bulk_id))

    def cancel_bulk(self, bulk_id: str) -> Bulk:
        """End a bulk: what is not yet launched stays so. Raises BulkNotFoundError."""
        return self._ask(bulk_requests.cancel_bulk(bulk_id))

    def wait(self, run_id: str, timeout: float | None = None) -> Run:
        """The run once it has ended, however it ended.

        Raises RunTimeoutError where it has not within `timeout` seconds, and RunNotFoundError.
        """
        patience = Patience(timeout)
        while not (run := self.run(run_id)).has_ended:
            time.sleep(patience.next_pause(run))
        return run

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, request: Request[T]) -> T:
        try:
            response = self._http.post(self._url, content=request.body)
        except self._failures as error:
            raise not_reached(self._url, error) from error
        return read_answer(request, self._url, response.status_code, response.content)


class AsyncClient:
    """As `Client`, for a running event loop; `async with`, or `await close()`."""

    def __init__(self, url: str, token: str | None = None, *, timeout: float = _TIMEOUT_SECONDS) -> None:
        import httpx  # lazily: as in Client

        self._url = endpoint(url)
        self._failures = httpx.HTTPError
        self._http = httpx.AsyncClient(headers=headers(token), timeout=timeout)

    async def launch_run(
        self,
        pipeline_name: str,
        *,
        mode: str | None = None,
        run_config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        selection: str | Sequence[str] | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Run:
        """As `Client.launch_run`."""
        return await self._ask(
            requests.launch_run(pipeline_name, mode, run_config, tags, selection, reason, idempotency_key)
        )

    async def launch_reexecution(
        self,
        parent_run_id: str,
        *,
        strategy: str | None = None,
        selection: str | Sequence[str] | None = None,
        mode: str | None = None,
        run_config: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
        plan_id: str | None = None,
    ) -> Run:
        """As `Client.launch_reexecution`."""
        asked = requests.plan_variables(parent_run_id, strategy, selection, mode, run_config)
        return await self._ask(requests.launch_reexecution(asked, tags, reason, idempotency_key, plan_id))

    async def plan_reexecution(
        self,
        parent_run_id: str,
        *,
        strategy: str | None = None,
        selection: str | Sequence[str] | None = None,
        mode: str | None = None,
        run_config: Mapping[str, Any] | None = None,
    ) -> Plan:
        """As `Client.plan_reexecution`."""
        asked = requests.plan_variables(parent_run_id, strategy, selection, mode, run_config)
        return await self._ask(requests.plan_reexecution(asked))

    async def run(self, run_id: str) -> Run:
        """As `Client.run`."""
        return await self._ask(requests.fetch_run(run_id))

    async def runs(
        self,
        *,
        pipeline_name: str | None = None,
        statuses: Sequence[str] | None = None,
        tags: Mapping[str, str] | None = None,
        unresolved_only: bool = False,
        limit: int = 25,
    ) -> list[Run]:
        """As `Client.runs`."""
        return await self._ask(requests.list_runs(pipeline_name, statuses, tags, unresolved_only, limit))

    async def step_stats(self, run_id: str) -> list[StepStats]:
        """As `Client.step_stats`."""
        return await self._ask(requests.step_stats(run_id))

    async def events(self, run_id: str) -> AsyncIterator[RunEvent]:
        """As `Client.events`."""
        after: str | None = None
        while True:
            events, after = await self._ask(requests.page_of_events(run_id, after))
            for event in events:
                yield event
            if after is None:
                return

    async def cancel_run(self, run_id: str) -> Run:
        """As `Client.cancel_run`."""
        return await self._ask(requests.cancel_run(run_id))

    async def launch_reexecutions(
        self,
        parent_run_ids: Sequence[str],
        *,
        strategy: str,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> list[Run | DalsegnoError]:
        """As `Client.launch_reexecutions`."""
        return await self._ask(bulk_requests.launch_reexecutions(parent_run_ids, strategy, reason, idempotency_key))

    async def plan_bulk(self, action: str, matching: RunFilter, *, strategy: str | None = None) -> BulkPlan:
        """As `Client.plan_bulk`."""
        return await self._ask(bulk_requests.plan_bulk(action, matching, strategy))

    async def start_bulk(
        self,
        action: str,
        matching: RunFilter,
        expected_count: int,
        *,
        strategy: str | None = None,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> Bulk:
        """As `Client.start_bulk`."""
        return await self._ask(
            bulk_requests.start_bulk(action, matching, expected_count, strategy, reason, idempotency_key)
        )

    async def bulk(self, bulk_id: str) -> Bulk:
        """As `Client.bulk`."""
        return await self._ask(bulk_requests.fetch_bulk(bulk_id))

    async def cancel_bulk(self, bulk_id: str) -> Bulk:
        """As `Client.cancel_bulk`."""
        return await self._ask(bulk_requests.cancel_bulk(bulk_id))

    async def wait(self, run_id: str, timeout: float | None = None) -> Run:  # noqa: ASYNC109 - told as RunTimeoutError
        """As `Client.wait`."""
        import asyncio  # lazily: who uses the sync client need not pay for it

        patience = Patience(timeout)
        while True:
            run = await self.run(run_id)
            if run.has_ended:
                return run
            await asyncio.sleep(patience.next_pause(run))

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _ask(self, request: Request[T]) -> T:
        try:
            response = await self._http.post(self._url, content=request.body)
        except self._failures as error:
            raise not_reached(self._url, error) from error
        return read_answer(request, self._url, response.status_code, response.content)
