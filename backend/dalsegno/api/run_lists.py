"""Lists of runs, and one run by its id."""

from __future__ import annotations

from typing import Annotated

import strawberry

from dalsegno.api.context import Info
from dalsegno.api.fields import computed, given, shown
from dalsegno.api.filters import RunFilter
from dalsegno.api.pagination import COUNTED_AT_MOST, MAX_RUNS, PageInfo, checked_size, cursor_of, place_of
from dalsegno.api.runs import Run
from dalsegno.store.run_filter import RunFilter as StoredRunFilter
from dalsegno.store.run_totals import count_runs
from dalsegno.store.runs import list_runs

_CURSOR = "run"


@shown
class RunEdge:
    """A run in a page."""

    cursor: str
    node: Run


@shown
class RunConnection:
    """A page of runs, newest first."""

    edges: list[RunEdge]
    page_info: PageInfo
    # None lets no run through.
    wanted: strawberry.Private[StoredRunFilter | None]

    @computed
    async def total_count(self, info: Info) -> int:
        """Exact up to 10,000, then 10,001."""
        if self.wanted is None:
            return 0
        return await info.context.service.database.read_async(count_runs(self.wanted, COUNTED_AT_MOST + 1))


async def page_of_runs(info: Info, wanted: StoredRunFilter, first: int, after: str | None) -> RunConnection:
    """A page of the runs that the filter lets through."""
    size = checked_size(first, MAX_RUNS)
    # One more than is shown tells whether there is a next page.
    found = await info.context.service.database.read_async(list_runs(wanted, size + 1, place_of(_CURSOR, after)))
    edges = [RunEdge(cursor=cursor_of(_CURSOR, one.run_id), node=Run.of(one)) for one in found[:size]]
    page = PageInfo(has_next_page=len(found) > size, end_cursor=edges[-1].cursor if edges else None)
    return RunConnection(edges=edges, page_info=page, wanted=wanted)


@strawberry.type
class RunQueries:
    """Fields of Query on runs."""

    @computed
    async def runs(
        self,
        info: Info,
        filter: RunFilter | None = strawberry.UNSET,  # noqa: A002 - its name in GraphQL
        first: int = 25,
        after: Annotated[
            str | None, strawberry.argument(description="The endCursor of the page before.")
        ] = strawberry.UNSET,
    ) -> RunConnection:
        """Newest first. A Relay connection: cursors stay valid while runs are added or removed."""
        return await page_of_runs(info, (given(filter) or RunFilter()).stored(), first, given(after))

    @computed
    async def run(self, info: Info, run_id: Annotated[strawberry.ID, strawberry.argument(name="id")]) -> Run | None:
        """One run; null where no run has this id."""
        found = await info.context.loaders.run.load(run_id)
        return None if found is None else Run.of(found)
