"""The walk that a newcomer makes first: a pipeline that fails half of the time, run and re-executed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from textwrap import dedent
from typing import Any

import pytest

from dalsegno import DagsterInstance, execute_pipeline, reexecute_pipeline

PIPELINE = dedent("""
    from random import random

    from dalsegno import ModeDefinition, fs_io_manager, pipeline, solid


    @solid
    def unreliable_start(_):
        return 1


    @solid
    def unreliable(_, num):
        failure_rate = 0.5
        if random() < failure_rate:
            raise Exception("blah")


    @solid
    def unreliable_end(_, num):
        return


    @pipeline(mode_defs=[ModeDefinition(resource_defs={"io_manager": fs_io_manager})])
    def unreliable_pipeline():
        unreliable_end(unreliable(unreliable_start()))
""")

WHOLE = dedent("""
    from dalsegno import DagsterInstance, execute_pipeline, reexecute_pipeline

    instance = DagsterInstance.ephemeral()

    # Initial execution
    pipeline_result_full = execute_pipeline(unreliable_pipeline, instance=FIRST)

    if not pipeline_result_full.success:
        # Re-execution: Entire pipeline
        reexecution_result_full = reexecute_pipeline(
            unreliable_pipeline,
            parent_run_id=pipeline_result_full.run_id,
            instance=SECOND,
        )
""")

FROM_A_STEP_ON = dedent("""
    # Re-execution: Starting with the "unreliable" solid and all its descendents
    reexecution_result_specific_selection = reexecute_pipeline(
        unreliable_pipeline,
        parent_run_id=pipeline_result_full.run_id,
        instance=SECOND,
        step_selection=["unreliable+*"],
    )
""")

INSTANCES = pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("instance", "instance", id="one instance given"),
        pytest.param("None", "None", id="none given"),
        pytest.param("DagsterInstance.ephemeral()", "instance", id="one made for each"),
    ],
)


@pytest.fixture
def chances(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """What random() gives, one after the other; then always 0.9, which lets the step succeed."""
    given: list[float] = []
    monkeypatch.setattr(random, "random", lambda: given.pop(0) if given else 0.9)
    yield given


def walk(*blocks: str, first: str, second: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec("\n".join(blocks).replace("FIRST", first).replace("SECOND", second), names)
    return names


@INSTANCES
def test_the_whole_pipeline_is_executed_again_after_it_failed(chances: list[float], first: str, second: str) -> None:
    chances.append(0.1)
    names = walk(PIPELINE, WHOLE, first=first, second=second)
    failed, again = names["pipeline_result_full"], names["reexecution_result_full"]
    assert not failed.success
    assert failed.result_for_solid("unreliable").failure.message == "blah"
    assert again.success
    assert again.run.parent_run_id == failed.run_id
    assert {key: str(state.status) for key, state in again.step_stats.items()} == {
        "unreliable_start": "SUCCESS",
        "unreliable": "SUCCESS",
        "unreliable_end": "SUCCESS",
    }


@INSTANCES
def test_the_pipeline_is_executed_again_from_a_step_on(chances: list[float], first: str, second: str) -> None:
    chances.extend([0.1, 0.1])
    names = walk(PIPELINE, WHOLE, FROM_A_STEP_ON, first=first, second=second)
    again = names["reexecution_result_specific_selection"]
    assert again.success
    assert again.run.step_keys_to_execute == ("unreliable", "unreliable_end")
    assert str(again.step_stats["unreliable_start"].status) == "REUSED"
    assert again.output_for_solid("unreliable_start") == 1


def test_a_run_that_succeeds_is_not_executed_again(chances: list[float]) -> None:
    names = walk(PIPELINE, WHOLE, first="instance", second="instance")
    assert names["pipeline_result_full"].success
    assert "reexecution_result_full" not in names


def test_a_failed_run_can_raise_the_steps_own_exception(chances: list[float]) -> None:
    names = walk(PIPELINE, first="", second="")
    chances.extend([0.1, 0.1])
    with pytest.raises(Exception, match="^blah$"):
        execute_pipeline(names["unreliable_pipeline"], raise_on_error=True)
    with DagsterInstance.ephemeral() as instance:
        failed = execute_pipeline(names["unreliable_pipeline"], instance=instance)
        chances.append(0.1)
        with pytest.raises(Exception, match="^blah$"):
            reexecute_pipeline(names["unreliable_pipeline"], failed.run_id, instance=instance, raise_on_error=True)
