"""What lists of runs and events are narrowed by."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import strawberry

from dalsegno.api.fields import shown, shown_input
from dalsegno.runs.events import LogLevel
from dalsegno.runs.status import RunStatus
from dalsegno.store.event_pages import EventQuery
from dalsegno.store.run_filter import RunFilter as StoredRunFilter


@shown
class Tag:
    """A name with a value."""

    key: str
    value: str


@shown_input
class TagInput:
    """A name with a value, as given."""

    key: str
    value: str


@shown_input
class RunFilter:
    """All given conditions hold."""

    pipeline_name: str | None = strawberry.UNSET
    statuses: list[RunStatus] | None = strawberry.field(default=strawberry.UNSET, description="One of them.")
    tags: list[TagInput] | None = strawberry.field(default=strawberry.UNSET, description="All must match.")
    created_after: datetime | None = strawberry.field(default=strawberry.UNSET, description="At that moment or later.")
    created_before: datetime | None = strawberry.field(default=strawberry.UNSET, description="Before that moment.")
    root_run_id: strawberry.ID | None = strawberry.UNSET
    unresolved_only: bool | None = strawberry.field(
        default=strawberry.UNSET,
        description=("Runs that failed or were cancelled and whose group's status is not SUCCESS; groups alike."),
    )

    def stored(self) -> StoredRunFilter:
        """The same as the store reads it."""
        return StoredRunFilter(
            pipeline_name=self.pipeline_name or None,
            statuses=tuple(self.statuses or ()),
            tags=tags_given(self.tags),
            created_after=self.created_after or None,
            created_before=self.created_before or None,
            root_run_id=self.root_run_id or None,
            unresolved_only=bool(self.unresolved_only),
        )


@shown_input
class EventFilter:
    """All given conditions hold."""

    step_keys: list[str] | None = strawberry.UNSET
    kinds: list[str] | None = strawberry.UNSET
    min_level: LogLevel | None = strawberry.UNSET
    text: str | None = strawberry.field(
        default=strawberry.UNSET, description="Part of the message; upper and lower case are the same."
    )

    def stored(self, after: int, limit: int) -> EventQuery:
        """The same as the store reads it."""
        return EventQuery(
            after=after,
            limit=limit,
            step_keys=tuple(self.step_keys) if self.step_keys else None,
            kinds=tuple(self.kinds) if self.kinds else None,
            min_level=self.min_level or None,
            text=self.text or None,
        )


def tags_given(tags: list[TagInput] | None) -> dict[str, str]:
    """By key; the last one of several with the same key counts."""
    return {tag.key: tag.value for tag in tags or ()}


def tags_of(tags: Mapping[str, str]) -> list[Tag]:
    """In their order."""
    return [Tag(key=key, value=value) for key, value in tags.items()]
