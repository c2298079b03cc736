"""Events of runs: what happened, in order."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.scalars import JSON

from dalsegno.api.context import Info
from dalsegno.api.fields import shown
from dalsegno.api.filters import EventFilter
from dalsegno.api.loaders import EventsKey
from dalsegno.api.pagination import MAX_EVENTS, PageInfo, checked_size, cursor_of, number_of
from dalsegno.runs.events import LogLevel
from dalsegno.runs.events import RunEvent as EventRecord

CURSOR = "event"


@shown
class RunEvent:
    """Something that happened in a run."""

    cursor: str
    timestamp: datetime
    run_id: strawberry.ID
    kind: str = strawberry.field(
        description=(
            "E.g. RUN_STARTED, STEP_STARTED, STEP_OUTPUT_STORED, STEP_SUCCEEDED, STEP_FAILED, STEP_RETRYING, LOG."
        )
    )
    level: LogLevel
    step_key: str | None
    attempt: int | None
    message: str
    data: JSON = strawberry.field(description="What is special to its kind.")

    @staticmethod
    def of(event: EventRecord) -> RunEvent:
        """The same as a record holds it."""
        return RunEvent(
            cursor=cursor_of(CURSOR, event.number),
            timestamp=event.timestamp,
            run_id=strawberry.ID(event.run_id),
            kind=event.kind,
            level=event.level,
            step_key=event.step_key,
            attempt=event.attempt,
            message=event.message,
            data=JSON(dict(event.data)),
        )


@shown
class RunEventEdge:
    """An event in a page."""

    cursor: str
    node: RunEvent


@shown
class RunEventConnection:
    """A page of a run's events, oldest first."""

    edges: list[RunEventEdge]
    page_info: PageInfo


@shown
class RunEventBatch:
    """Events that were stored together, or while the last batch was on its way."""

    events: list[RunEvent]
    is_last: bool = strawberry.field(description="The run has ended and this is the last batch.")


async def page_of_events(
    info: Info, run_id: str, event_filter: EventFilter | None, first: int, after: str | None
) -> RunEventConnection:
    """A page of the events that the filter lets through."""
    size = checked_size(first, MAX_EVENTS)
    # One more than is shown tells whether there is a next page.
    query = (event_filter or EventFilter()).stored(number_of(CURSOR, after), size + 1)
    found = await info.context.loaders.events.load(EventsKey(run_id=run_id, query=query))
    nodes = [RunEvent.of(event) for event in found[:size]]
    return RunEventConnection(
        edges=[RunEventEdge(cursor=node.cursor, node=node) for node in nodes],
        page_info=PageInfo(has_next_page=len(found) > size, end_cursor=nodes[-1].cursor if nodes else None),
    )
