"""Snapshots by id."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.store.script import Script
from dalsegno.store.statements import InsertOrIgnore, database_now
from dalsegno.store.tables import snapshots

_SAVE = InsertOrIgnore(snapshots).values(created_at=database_now())
# Until the end of the transaction it is not deleted as one that nothing needs.
_HOLD = (
    select(snapshots.c.id).where(snapshots.c.id == bindparam("wanted_id")).with_for_update(read=True, key_share=True)
)
_FETCH = select(snapshots.c.content).where(snapshots.c.id == bindparam("wanted_id"))


def save_snapshot(snapshot: PipelineSnapshot) -> Script[None]:
    """Keeps a snapshot; one that is already kept stays as it is."""
    while not (yield _HOLD, {"wanted_id": snapshot.id}):
        yield _SAVE, {"id": snapshot.id, "pipeline_name": snapshot.name, "content": snapshot.content.decode()}


def fetch_snapshot(snapshot_id: str) -> Script[PipelineSnapshot | None]:
    """The snapshot with this id."""
    rows = yield _FETCH, {"wanted_id": snapshot_id}
    return PipelineSnapshot.from_content(rows[0].content.encode()) if rows else None
