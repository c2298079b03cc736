"""Events come back with all their fields, and are found by what they are about."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import msgspec.inspect
import pytest

from dalsegno.runs.attempts import CapturedLog, ErrorInfo, Provenance, StepOutput
from dalsegno.runs.events import (
    Event,
    Logged,
    LogLevel,
    RunFailed,
    RunStarted,
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
    Logged(step_key="a", attempt=1, severity=LogLevel.DEBUG, message="fine"),
    StepRetrying(step_key="a", attempt=1, error=ERROR, delay_seconds=0.5),
    StepSucceeded(step_key="a", attempt=2, provenance=PROVENANCE),
    StepFailed(step_key="b", attempt=1, error=ERROR),
    StepSkipped(step_key="c", absent="a.left"),
    RunFailed(failed_step_keys=("b",)),
)
# A value of each type that a field of an event may have.
SAMPLES = {
    msgspec.inspect.StrType: "text, \0 too",
    msgspec.inspect.IntType: 3,
    msgspec.inspect.FloatType: 0.5,
    msgspec.inspect.BoolType: True,
    msgspec.inspect.VarTupleType: ("x", "ü[k1]"),
    msgspec.inspect.CollectionType: ("x",),
    msgspec.inspect.DictType: {"x": "y"},
    ErrorInfo: ERROR,
    StepOutput: output(uri="/a", metadata={"rows": 3}),
    Provenance: PROVENANCE,
    CapturedLog: CapturedLog(uri="/log", size_bytes=3),
    LogLevel: LogLevel.WARNING,
}


def sample(kind: type[msgspec.Struct]) -> Event:
    """An event of this kind with every field given."""
    info = msgspec.inspect.type_info(kind)
    assert isinstance(info, msgspec.inspect.StructType)
    given = {field.name: _value_of(field.type) for field in info.fields}
    return kind(**(given | ({"step_key": "ü[k1]"} if "step_key" in given else {})))  # type: ignore[return-value]


def _value_of(kind: msgspec.inspect.Type) -> Any:
    if isinstance(kind, msgspec.inspect.UnionType):
        kind = kind.types[0]
    return SAMPLES[getattr(kind, "cls", type(kind))]


@pytest.fixture
def recorded(store):
    store.write(created(run_named("r")))
    store.write(append("r", LEASE.token, RunBatch(events=tuple((at(n), event) for n, event in enumerate(EVENTS)))))
    return store


def test_every_kind_of_event_is_recorded_with_its_own_fields(store):
    kinds = get_args(Event)
    happened = tuple((at(number), sample(kind)) for number, kind in enumerate(kinds))
    store.write(created(run_named("r")))
    store.write(append("r", LEASE.token, RunBatch(events=happened)))
    found = store.read(fetch_events("r"))
    for number, (mine, (moment, event)) in enumerate(zip(found, happened, strict=True), 1):
        own = msgspec.json.decode(msgspec.json.encode(event))
        assert (mine.run_id, mine.number, mine.timestamp) == ("r", number, moment)
        assert (mine.kind, mine.level) == (event.kind, event.level)
        assert (mine.step_key, mine.attempt) == (own.pop("step_key", None), own.pop("attempt", None))
        assert mine.message == event.message.replace("\0", "?")
        assert mine.data == own


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        pytest.param({}, range(1, 9), id="all"),
        pytest.param({"after": 6}, [7, 8], id="after one"),
        pytest.param({"after": 8}, [], id="after the last"),
        pytest.param({"limit": 3}, [1, 2, 3], id="the first ones"),
        pytest.param({"after": 2, "limit": 2}, [3, 4], id="a page"),
        pytest.param({"step_keys": ["a", "c"]}, [2, 3, 4, 5, 7], id="of steps"),
        pytest.param({"step_keys": []}, [], id="of no step"),
        pytest.param({"kinds": ["LOG", "STEP_FAILED"]}, [3, 6], id="of kinds"),
        pytest.param({"min_level": LogLevel.WARNING}, [4, 6, 8], id="from a level on"),
        pytest.param({"step_keys": ["a"], "min_level": LogLevel.WARNING}, [4], id="of a step from a level on"),
    ],
)
def test_events_are_found_by_what_they_are_about(recorded, wanted, numbers):
    assert [event.number for event in recorded.read(fetch_events("r", **wanted))] == list(numbers)


def test_an_unknown_run_has_no_events(store):
    assert store.read(fetch_events("unknown")) == []
