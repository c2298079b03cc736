"""Limits of how many runs with a tag go on at once, and which of them are reached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, or_, select, tuple_

from dalsegno.settings import TagLimit
from dalsegno.store.abandoned_runs import HELD
from dalsegno.store.run_filter import indexed_tag
from dalsegno.store.script import Script
from dalsegno.store.statements import locked
from dalsegno.store.tables import run_tags, runs


class FullLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits that let no further run begin; false where there are none."""

    # By the tag's key as it is kept for search: whatever the value.
    of_keys: Mapping[str, TagLimit] = {}
    # By key and value.
    of_tags: Mapping[tuple[str, str], TagLimit] = {}

    def __bool__(self) -> bool:
        return bool(self.of_keys or self.of_tags)

    def parameters(self) -> dict[str, Any]:
        """What `not_held_back` needs."""
        return {"full_keys": list(self.of_keys), "full_tags": list(self.of_tags)}

    def holding_back(self, tags: Mapping[str, str]) -> TagLimit | None:
        """One of those that a run with these tags has to wait for."""
        for key, value in tags.items():
            kept = indexed_tag(key), indexed_tag(value)
            limit = self.of_keys.get(kept[0]) or self.of_tags.get(kept)
            if limit is not None:
                return limit
        return None


# Of runs that wait: none of their tags is at its limit. Counted, so that Postgres looks at the tags of one run at a
# time. NOT EXISTS it takes for a join, with all runs that have ever had such a tag; and where thousands were launched
# since its last look at the table, it compares each with each.
not_held_back = (
    select(func.count())
    .where(
        run_tags.c.run_id == runs.c.run_id,
        or_(
            run_tags.c.key.in_(bindparam("full_keys", expanding=True)),
            tuple_(run_tags.c.key, run_tags.c.value).in_(bindparam("full_tags", expanding=True)),
        ),
    )
    .scalar_subquery()
    == 0
)
_LOCK = select(locked(bindparam("name")))
# In two steps, so that no database comes to read the tags of all runs that there have ever been.
_GOING_ON = select(runs.c.run_id).where(runs.c.status.in_(HELD), runs.c.ended_at.is_(None))
_TAGS = select(run_tags.c.key, run_tags.c.value).where(
    run_tags.c.run_id.in_(bindparam("going_on", expanding=True)),
    run_tags.c.key.in_(bindparam("limited_keys", expanding=True)),
)


def full_limits(limits: Sequence[TagLimit]) -> Script[FullLimits]:
    """Those of the limits that are reached by the runs that have begun and not ended, whoever executes them."""
    if not limits:
        return FullLimits()
    going_on = [row.run_id for row in (yield _GOING_ON)]
    keys = {indexed_tag(limit.key) for limit in limits}
    rows = yield _TAGS, {"going_on": going_on, "limited_keys": sorted(keys)}
    by_tag = Counter((row.key, row.value) for row in rows)
    by_key = Counter(row.key for row in rows)
    of_keys: dict[str, TagLimit] = {}
    of_tags: dict[tuple[str, str], TagLimit] = {}
    for limit in limits:
        key = indexed_tag(limit.key)
        # Where none may go on at all, it is all the same of which value.
        if (limit.by_value and limit.most == 0) or (not limit.by_value and limit.value is None):
            if by_key[key] >= limit.most:
                of_keys[key] = limit
        elif limit.by_value:
            of_tags |= {tag: limit for tag, count in by_tag.items() if tag[0] == key and count >= limit.most}
        elif by_tag[key, indexed_tag(limit.value or "")] >= limit.most:
            of_tags[key, indexed_tag(limit.value or "")] = limit
    return FullLimits(of_keys=of_keys, of_tags=of_tags)


def full_limits_locked(limits: Sequence[TagLimit]) -> Script[FullLimits]:
    """The same, so until the end of the transaction: nobody else who asks begins a run meanwhile."""
    yield _LOCK, {"name": "tag limits"}
    return (yield from full_limits(limits))
