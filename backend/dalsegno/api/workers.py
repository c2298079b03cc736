"""Workers that are there now."""

from __future__ import annotations

from datetime import datetime

import strawberry

from dalsegno.api.context import Info
from dalsegno.api.fields import computed, shown
from dalsegno.api.steps import ErrorInfo
from dalsegno.store.workers import WorkerRecord, live_workers


@shown
class Worker:
    """A process that loads authors' code, publishes pipelines and executes runs."""

    id: strawberry.ID
    host: str
    pid: int
    executor: str = strawberry.field(description="What runs its attempts, e.g. processes.")
    pipeline_names: list[str]
    started_at: datetime
    last_heartbeat_at: datetime
    running_run_ids: list[strawberry.ID]
    load_error: ErrorInfo | None = strawberry.field(
        description="Why its code as it is now does not import; the last good code is served meanwhile."
    )

    @staticmethod
    def of(record: WorkerRecord) -> Worker:
        """The same as a record holds it."""
        return Worker(
            id=strawberry.ID(record.id),
            host=record.host,
            pid=record.pid,
            executor=record.executor,
            pipeline_names=sorted(record.pipeline_snapshots),
            started_at=record.started_at,
            last_heartbeat_at=record.last_heartbeat_at or record.started_at,
            running_run_ids=[strawberry.ID(run_id) for run_id in record.running_run_ids],
            load_error=ErrorInfo.of(record.load_error),
        )


@strawberry.type
class WorkerQueries:
    """Fields of Query on workers."""

    @computed
    async def workers(self, info: Info) -> list[Worker]:
        """Those that have said lately that they are there, the longest running first."""
        return [Worker.of(record) for record in await info.context.service.database.read_async(live_workers())]
