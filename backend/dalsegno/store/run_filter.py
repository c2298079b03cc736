"""Which runs or groups a list shows."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Table, and_, exists

from dalsegno.runs.status import RunStatus
from dalsegno.store.tables import run_groups, run_tags, runs

# Index entries are bounded on Postgres; what is longer is told apart by its hash.
_LONGEST_TAG = 200
_UNRESOLVED = (RunStatus.FAILURE, RunStatus.CANCELED)


class RunFilter(msgspec.Struct, frozen=True, kw_only=True):
    """All given conditions hold; an empty one says nothing."""

    pipeline_name: str | None = None
    # One of them.
    statuses: tuple[RunStatus, ...] = ()
    # All of them. Of a group: its root's.
    tags: Mapping[str, str] = {}
    # Of a group: when its root was created. At or after, and before.
    created_after: datetime | None = None
    created_before: datetime | None = None
    root_run_id: str | None = None
    # Failed or cancelled, and the group has not ended well.
    unresolved_only: bool = False


def run_conditions(wanted: RunFilter) -> list[ColumnElement[bool]]:
    """The conditions on rows of `runs`."""
    found = _conditions(wanted, runs, runs.c.run_id)
    if wanted.unresolved_only:
        of_group = run_groups.c.root_run_id == runs.c.root_run_id
        found.append(runs.c.status.in_(_UNRESOLVED))
        found.append(exists().where(of_group, run_groups.c.status != RunStatus.SUCCESS))
    return found


def group_conditions(wanted: RunFilter) -> list[ColumnElement[bool]]:
    """The conditions on rows of `run_groups`."""
    found = _conditions(wanted, run_groups, run_groups.c.root_run_id)
    if wanted.unresolved_only:
        found.append(run_groups.c.status.in_(_UNRESOLVED))
    return found


def indexed_tag(text: str) -> str:
    """A tag's key or value as kept for search."""
    text = text.replace("\0", "?").encode(errors="replace").decode()
    if len(text) <= _LONGEST_TAG:
        return text
    return f"{text[: _LONGEST_TAG - 64]}{hashlib.sha256(text.encode()).hexdigest()}"


def _conditions(wanted: RunFilter, table: Table, tagged_run_id: ColumnElement[str]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.pipeline_name is not None:
        found.append(table.c.pipeline_name == wanted.pipeline_name)
    if wanted.statuses:
        found.append(table.c.status.in_(wanted.statuses))
    if wanted.root_run_id is not None:
        found.append(table.c.root_run_id == wanted.root_run_id)
    if wanted.created_after is not None:
        found.append(table.c.created_at >= wanted.created_after)
    if wanted.created_before is not None:
        found.append(table.c.created_at < wanted.created_before)
    for key, value in wanted.tags.items():
        tag = and_(
            run_tags.c.run_id == tagged_run_id,
            run_tags.c.key == indexed_tag(key),
            run_tags.c.value == indexed_tag(value),
        )
        found.append(exists().where(tag))
    return found
