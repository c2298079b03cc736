"""Events come back with all their fields, and are found by what they are about."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from dalsegno.runs.attempts import ErrorInfo
from dalsegno.runs.events import (
    AttemptLost,
    Event,
    Logged,
    LogLevel,
    OutputStored,
    ResourceTeardownFailed,
    RunCanceled,
    RunClaimed,
    RunFailed,
    RunReleased,
    RunReplanned,
    RunStarted,
    RunSucceeded,
    StepBlocked,
    StepCanceled,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from dalsegno.store.events import fetch_events
from dalsegno.store.run_progress import RunBatch, append
from tests.store.records import LEASE, PROVENANCE, at, created, output, run_named

ERROR = ErrorInfo(class_name="ValueError", message="no", traceback="…", cause=ErrorInfo(class_name="E", message="why"))
EVENTS = (
    RunStarted(steps=4, worker_id="w"),
    StepStarted(step_key="a", attempt=1, token="t"),
    Logged(step_key="a", attempt=1, severity=LogLevel.DEBUG, message="fine\0"),
    StepRetrying(step_key="a", attempt=1, error=ERROR, delay_seconds=0.5),
    OutputStored(step_key="a", attempt=2, output=output(uri="/a", metadata={"rows": 3})),
    StepSucceeded(step_key="a", attempt=2, provenance=PROVENANCE),
    StepFailed(step_key="b", attempt=1, error=ERROR),
    StepSkipped(step_key="c", absent="a.left"),
    StepBlocked(step_key="d", cause_step_keys=("b",)),
    StepCanceled(step_key="e", attempt=1),
    AttemptLost(step_key="f", attempt=3),
    RunFailed(failed_step_keys=("b",)),
    RunCanceled(),
    RunSucceeded(),
    RunClaimed(worker_id="w", is_taken_over=True),
    RunReleased(worker_id="w"),
    RunReplanned(former_snapshot_id="1" * 40, snapshot_id="2" * 40),
    ResourceTeardownFailed(error=ERROR),
)


@pytest.fixture
def recorded(store):
    store.write(created(run_named("r")))
    store.write(append("r", LEASE.token, RunBatch(events=tuple((at(n), event) for n, event in enumerate(EVENTS)))))
    return store


def test_every_kind_of_event_is_recorded_with_its_own_fields(recorded):
    assert {type(event) for event in EVENTS} == set(get_args(Event))
    found = recorded.read(fetch_events("r"))
    for number, (mine, event) in enumerate(zip(found, EVENTS, strict=True), 1):
        own = msgspec.json.decode(msgspec.json.encode(event))
        assert (mine.run_id, mine.number, mine.timestamp) == ("r", number, at(number - 1))
        assert (mine.kind, mine.level) == (event.kind, event.level)
        assert (mine.step_key, mine.attempt) == (own.pop("step_key", None), own.pop("attempt", None))
        assert mine.message == event.message.replace("\0", "?")
        assert mine.data == own


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        pytest.param({}, range(1, 19), id="all"),
        pytest.param({"after": 16}, [17, 18], id="after one"),
        pytest.param({"after": 18}, [], id="after the last"),
        pytest.param({"limit": 3}, [1, 2, 3], id="the first ones"),
        pytest.param({"after": 2, "limit": 2}, [3, 4], id="a page"),
        pytest.param({"step_keys": ["a", "c"]}, [2, 3, 4, 5, 6, 8], id="of steps"),
        pytest.param({"step_keys": []}, [], id="of no step"),
        pytest.param({"kinds": ["LOG", "STEP_FAILED"]}, [3, 7], id="of kinds"),
        pytest.param({"min_level": LogLevel.WARNING}, [4, 7, 9, 10, 11, 12, 13, 16, 17, 18], id="from a level on"),
        pytest.param({"step_keys": ["a"], "min_level": LogLevel.WARNING}, [4], id="of a step from a level on"),
    ],
)
def test_events_are_found_by_what_they_are_about(recorded, wanted, numbers):
    assert [event.number for event in recorded.read(fetch_events("r", **wanted))] == list(numbers)


def test_an_unknown_run_has_no_events(store):
    assert store.read(fetch_events("unknown")) == []
