"""Lineages come back as they were recorded."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from dalsegno.runs.effective_steps import effective_steps
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.status import RunStatus
from dalsegno.store.lineage import fetch_lineage
from dalsegno.store.snapshots import save_snapshot
from tests.drawing import draw, history
from tests.store.records import stored

DIAMOND = draw("a -> b -> d; a.left? -> c -> d; d ~> e")


def as_ended(lineage: Lineage) -> Lineage:
    """The same, as a store gives back runs that have ended."""
    runs = tuple(replace(one, run=replace(one.run, ended_at=one.run.created_at)) for one in lineage.runs)
    return Lineage(runs)


@pytest.mark.parametrize(
    "runs",
    [
        pytest.param(["a:ok b:ok c:ok d:ok e:ok"], id="a root"),
        pytest.param(["a:ok(left) b:failed c:skipped d:blocked e"], id="each way a step can end"),
        pytest.param(["a:ok b:failed c:ok d:blocked", "b:ok d:failed", "d:running e"], id="three runs"),
        pytest.param(["a b c d e"], id="nothing began"),
    ],
)
def test_a_lineage_comes_back_as_recorded_nearest_run_first(store, runs):
    drawn = history(DIAMOND, *runs)
    store.write(save_snapshot(DIAMOND))
    found = store.write(stored(drawn))
    assert [one.run.run_id for one in found] == [one.run.run_id for one in drawn]
    for mine, theirs in zip(found, drawn, strict=True):
        assert mine.run.step_keys_to_execute == theirs.run.step_keys_to_execute
        assert mine.steps.keys() == theirs.steps.keys()
        for key, state in theirs.steps.items():
            well = state if state.status.ended_well else replace(state, attempts=())
            assert mine.steps[key] == well
    assert {key: step.status for key, step in effective_steps(found, DIAMOND).by_key.items()} == {
        key: step.status for key, step in effective_steps(drawn, DIAMOND).by_key.items()
    }


def test_siblings_are_not_in_a_lineage(store):
    drawn = history(DIAMOND, "a:failed", "a:ok b:failed", "b:ok")
    store.write(save_snapshot(DIAMOND))
    store.write(stored(drawn))
    found = store.read(fetch_lineage("run1"))
    assert [one.run.run_id for one in found] == ["run1", "run0"]
    assert found.nearest.status is RunStatus.FAILURE


def test_an_unknown_run_has_no_lineage(store):
    assert store.read(fetch_lineage("unknown")) is None
