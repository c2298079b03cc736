"""Run groups: all runs of one root."""

from __future__ import annotations

from typing import Annotated

import strawberry

from dalsegno.api.context import Info
from dalsegno.api.fields import computed, given, shown
from dalsegno.api.filters import RunFilter
from dalsegno.api.lookahead import requested
from dalsegno.api.pagination import COUNTED_AT_MOST, MAX_GROUPS, PageInfo, checked_size, cursor_of, place_of
from dalsegno.api.runs import Run
from dalsegno.api.step_views import effective_step_stats
from dalsegno.api.steps import StepStats
from dalsegno.errors import RunNotFoundError
from dalsegno.runs.run import Run as RunRecord
from dalsegno.runs.run import RunGroup as GroupRecord
from dalsegno.runs.status import RunStatus
from dalsegno.store.run_filter import RunFilter as StoredRunFilter
from dalsegno.store.run_groups import list_groups
from dalsegno.store.run_totals import count_groups

_CURSOR = "group"


@shown
class RunGroup:
    """All runs of one root: a run, its re-executions, theirs, and so on."""

    root_run_id: strawberry.ID
    pipeline_name: str
    status: RunStatus = strawberry.field(
        description="Its newest run's until that ends; then SUCCESS exactly when every step in scope is settled."
    )
    record: strawberry.Private[GroupRecord]

    @computed
    async def runs(self, info: Info) -> list[Run]:
        """Oldest first."""
        return Run.of_all(await info.context.loaders.runs_of_group.load(self.record.root_run_id))

    @computed
    async def effective_steps(self, info: Info) -> list[StepStats]:
        """Of the lineage of its newest run; isStale is live here. A step's runId is the run that its state is from."""
        return await effective_step_stats(info, await self._newest(info), requested(info))

    @computed
    async def newest_run(self, info: Info) -> Run:
        """The last one launched; one cancelled before any of its steps started does not count."""
        return Run.of(await self._newest(info))

    async def _newest(self, info: Info) -> RunRecord:
        newest = await info.context.loaders.run.load(self.record.newest_run_id)
        if newest is None:  # pruned just now
            raise RunNotFoundError(run_id=self.record.newest_run_id)
        return newest

    @staticmethod
    def of(record: GroupRecord) -> RunGroup:
        """The same as a record holds it."""
        return RunGroup(
            root_run_id=strawberry.ID(record.root_run_id),
            pipeline_name=record.pipeline_name,
            status=record.status,
            record=record,
        )


@shown
class RunGroupEdge:
    """A group in a page."""

    cursor: str
    node: RunGroup


@shown
class RunGroupConnection:
    """A page of groups, that of the newest run first."""

    edges: list[RunGroupEdge]
    page_info: PageInfo
    wanted: strawberry.Private[StoredRunFilter]

    @computed
    async def total_count(self, info: Info) -> int:
        """Exact up to 10,000, then 10,001."""
        return await info.context.service.database.read_async(count_groups(self.wanted, COUNTED_AT_MOST + 1))


@strawberry.type
class GroupQueries:
    """Fields of Query on groups."""

    @computed
    async def run_group(self, info: Info, run_id: strawberry.ID) -> RunGroup | None:
        """The group that the given run belongs to; any member's id will do."""
        run = await info.context.loaders.run.load(run_id)
        group = await info.context.loaders.group.load(run.root_run_id) if run else None
        return None if group is None else RunGroup.of(group)

    @computed
    async def run_groups(
        self,
        info: Info,
        filter: RunFilter | None = strawberry.UNSET,  # noqa: A002 - its name in GraphQL
        first: int = 25,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = strawberry.UNSET,
    ) -> RunGroupConnection:
        """Newest run first: one row per group.
        In the filter, statuses is the group's status; tags and times are the root's.
        """
        size = checked_size(first, MAX_GROUPS)
        wanted = (given(filter) or RunFilter()).stored()
        # One more than is shown tells whether there is a next page.
        script = list_groups(wanted, size + 1, place_of(_CURSOR, given(after)))
        found = await info.context.service.database.read_async(script)
        edges = [
            RunGroupEdge(cursor=cursor_of(_CURSOR, one.newest_run_id), node=RunGroup.of(one)) for one in found[:size]
        ]
        page = PageInfo(has_next_page=len(found) > size, end_cursor=edges[-1].cursor if edges else None)
        return RunGroupConnection(edges=edges, page_info=page, wanted=wanted)
