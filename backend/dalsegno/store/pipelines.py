"""Pipelines as workers publish them: which snapshot of each is current."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, literal, select

from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.script import Script
from dalsegno.store.snapshots import save_snapshot
from dalsegno.store.statements import InsertOrReplace, announced
from dalsegno.store.tables import pipelines, snapshots

_MAKE_CURRENT = InsertOrReplace(pipelines)
_ANNOUNCE = select(announced(literal("")))
_CURRENT_IDS = select(pipelines.c.name, pipelines.c.snapshot_id).order_by(pipelines.c.name)
_FETCH_CURRENT = (
    select(snapshots.c.content)
    .join_from(pipelines, snapshots, snapshots.c.id == pipelines.c.snapshot_id)
    .where(pipelines.c.name == bindparam("wanted_name"))
)


def publish(published: Sequence[PipelineSnapshot], at: datetime) -> Script[None]:
    """Keeps these snapshots and makes each the current one of its pipeline: of several, the last."""
    # In one order, so that two workers that publish at once never wait for each other in a circle.
    in_order = sorted(published, key=lambda snapshot: snapshot.name)
    for snapshot in in_order:
        yield from save_snapshot(snapshot)
    current = {snapshot.name: snapshot.id for snapshot in in_order}
    yield (
        _MAKE_CURRENT,
        [{"name": name, "snapshot_id": snapshot_id, "published_at": at} for name, snapshot_id in current.items()],
    )
    yield _ANNOUNCE


def current_snapshot_ids() -> Script[dict[str, str]]:
    """By pipeline name: the id of the snapshot published last."""
    rows = yield _CURRENT_IDS
    return {row.name: row.snapshot_id for row in rows}


def fetch_current(name: str) -> Script[PipelineSnapshot | None]:
    """The snapshot of this pipeline that was published last; None where nobody has published it."""
    rows = yield _FETCH_CURRENT, {"wanted_name": name}
    return PipelineSnapshot.from_content(rows[0].content.encode()) if rows else None
