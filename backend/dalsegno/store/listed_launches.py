"""Launches of a list of runs under one idempotency key: each place of the list launches once."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select

from dalsegno.errors import IdempotencyConflictError
from dalsegno.runs.run import Run
from dalsegno.store.run_rows import run_of
from dalsegno.store.runs import IdempotencyKey
from dalsegno.store.script import Script
from dalsegno.store.statements import locked
from dalsegno.store.tables import runs


class ListKey(msgspec.Struct, frozen=True, kw_only=True):
    """Makes the launches of a list happen once: the same key with the same list answers the same runs."""

    # The mutation and the caller.
    scope: str
    key: str
    # Hash of the whole list.
    arguments: str
    # How many places a list may have.
    most: int

    def at(self, position: int) -> IdempotencyKey:
        """The key of one place."""
        return IdempotencyKey(scope=f"{self.scope}:{position}", key=self.key, arguments=self.arguments)


_FETCH = select(runs).where(
    runs.c.idempotency_scope.in_(bindparam("wanted_scopes", expanding=True)),
    runs.c.idempotency_key == bindparam("wanted_key"),
)
_LOCK = select(locked(bindparam("name")))


def launched_in_list(key: ListKey) -> Script[dict[int, Run]]:
    """By place: the runs launched with this key so far. Raises IdempotencyConflictError where the list differs."""
    scopes = {key.at(position).scope: position for position in range(key.most)}
    rows = yield _FETCH, {"wanted_scopes": list(scopes), "wanted_key": key.key}
    found = {scopes[row.idempotency_scope]: row for row in rows}
    for position in sorted(found):
        if found[position].idempotency_arguments != key.arguments:
            raise IdempotencyConflictError(idempotency_key=key.key, run_id=found[position].run_id)
    return {position: run_of(row) for position, row in found.items()}


def once_in_list(key: ListKey, position: int, launch: Script[Run]) -> Script[Run]:
    """The run launched at this place before, else what `launch` keeps; raises IdempotencyConflictError.

    Lists under one key wait for each other: which of two different ones came first is so for all of their places.
    """
    yield _LOCK, {"name": f"{key.scope}:{key.key}"}
    earlier = (yield from launched_in_list(key)).get(position)
    if earlier is not None:
        launch.close()
        return earlier
    return (yield from launch)
