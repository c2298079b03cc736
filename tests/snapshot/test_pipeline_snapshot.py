"""A snapshot is its content: equal ones have one id, and it comes back from its bytes."""

from __future__ import annotations

import hashlib

import pytest

from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from tests.drawing import draw

DIAMOND = "a -> b -> d; a -> c -> d"


def test_equal_content_gives_one_id_and_other_content_another():
    assert draw(DIAMOND).id == draw(DIAMOND).id
    assert len({draw(DIAMOND).id, draw("a -> b -> d; a -> c").id, draw(DIAMOND, name="other").id}) == 3


def test_a_snapshot_comes_back_from_its_content():
    snapshot = draw("[a b] => c; b ~> d; c.left? -> d")
    again = PipelineSnapshot.from_content(snapshot.content)
    assert again == snapshot
    assert again.id == snapshot.id


def test_a_snapshot_that_another_version_described_keeps_its_id():
    content = draw(DIAMOND).content.replace(b'{"key":"a"', b'{"known_elsewhere":["x"],"key":"a"', 1)
    again = PipelineSnapshot.from_content(content)
    assert again == draw(DIAMOND)
    assert again.content == content
    assert again.id == hashlib.sha256(content).hexdigest()[:40] != draw(DIAMOND).id


def test_steps_outputs_and_modes_are_found_by_name():
    snapshot = draw("a.left -> b")
    assert list(snapshot.by_key) == ["a", "b"]
    assert snapshot.by_key["a"].output("left").name == "left"
    assert snapshot.mode("default").name == "default"
    for ask in (lambda: snapshot.by_key["a"].output("right"), lambda: snapshot.mode("test")):
        with pytest.raises(KeyError):
            ask()
