"""Snapshots are kept once and come back whole."""

from __future__ import annotations

from sqlalchemy import text

from dalsegno.store.snapshots import fetch_snapshot, save_snapshot
from tests.drawing import draw


def test_a_snapshot_comes_back_as_given(store):
    snapshot = draw("ü -> b; [b c] => d; a.left? ~> b")
    store.write(save_snapshot(snapshot))
    assert store.read(fetch_snapshot(snapshot.id)) == snapshot
    assert store.read(fetch_snapshot("unknown")) is None


def test_a_snapshot_that_is_kept_already_stays_as_it_is(store):
    def rows():
        found = yield text("SELECT * FROM snapshots")
        return [tuple(row) for row in found]

    store.write(save_snapshot(draw("a -> b")))
    before = store.read(rows())
    store.write(save_snapshot(draw("a -> b")))
    assert store.read(rows()) == before
