"""What a step is told, and what it may use and say."""

from __future__ import annotations

from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path

import numpy
import pytest

from dalsegno import Failure, RetryRequested, StepContext
from dalsegno.errors import InvalidOutputError
from dalsegno.runs.events import LogLevel


class Colour(Enum):
    RED = "red"


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical"])
def test_a_log_message_arrives_with_its_level_and_arguments(level):
    said = []
    context = StepContext(log=lambda *line: said.append(line))
    getattr(context.log, level)("%d rows of %s", 3, "iris")
    assert said == [(LogLevel(level.upper()), "3 rows of iris")]


@pytest.mark.parametrize(
    ("message", "args", "text"),
    [
        pytest.param("100%", (), "100%", id="a percent sign without arguments"),
        pytest.param("%(n)d rows", ({"n": 3},), "3 rows", id="named arguments"),
        pytest.param("%d rows", ("many",), "%d rows ('many',)", id="an argument that does not fit"),
        pytest.param("done", (1, 2), "done (1, 2)", id="arguments without a place"),
        pytest.param(ValueError("no rows"), (), "no rows", id="not a text"),
    ],
)
def test_a_slip_in_a_log_message_fails_no_step(message, args, text):
    said = []
    StepContext(log=lambda level, line: said.append(line)).log.info(message, *args)
    assert said == [text]


def test_a_context_made_for_a_test_needs_nothing():
    context = StepContext()
    context.log.info("nobody listens")
    assert (context.attempt, context.config, context.tags, context.is_reexecution) == (1, None, {}, False)


def test_a_context_says_where_the_step_runs():
    root = StepContext(
        run_id="r0", step_key="train", pipeline_name="p", attempt=2, tags={"a": "b"}, idempotency_key="k"
    )
    assert (root.run_id, root.parent_run_id, root.root_run_id, root.is_reexecution) == ("r0", None, "r0", False)
    assert (root.step_key, root.pipeline_name, root.attempt) == ("train", "p", 2)
    assert (root.tags, root.idempotency_key) == ({"a": "b"}, "k")
    again = StepContext(run_id="r1", parent_run_id="r0", root_run_id="r0")
    assert (again.is_reexecution, again.root_run_id) == (True, "r0")


def test_resources_are_had_by_attribute_or_item():
    context = StepContext(resources={"db": 1}, required_resource_keys={"db"})
    assert (context.resources.db, context.resources["db"], dir(context.resources)) == (1, 1, ["db"])
    assert StepContext(resources={"db": 1}).resources.db == 1


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("cache", "Step 'train' has not declared the resource 'cache': add it to required_resource_keys"),
        ("dbs", "Did you mean 'db'?"),
        ("lake", "The resource 'lake' was not given"),
    ],
)
def test_a_resource_that_was_not_declared_is_refused_plainly(key, problem):
    context = StepContext(
        step_key="train", resources={"db": 1, "cache": 2, "dbs": 3}, required_resource_keys={"db", "lake"}
    )
    with pytest.raises(AttributeError) as by_attribute:
        getattr(context.resources, key)
    with pytest.raises(KeyError) as by_item:
        context.resources[key]
    assert problem in str(by_attribute.value)
    assert problem in str(by_item.value)
    assert getattr(context.resources, key, None) is None


def test_metadata_of_the_only_output_needs_no_name_and_adds_up():
    context = StepContext()
    context.add_output_metadata({"rows": 3, "unit": "m"})
    context.add_output_metadata({"rows": 4}, "result")
    assert context.take_output_metadata("result") == {"rows": 4, "unit": "m"}


def test_metadata_goes_to_the_named_output_and_mapping_key():
    context = StepContext(output_names=("left", "right"))
    context.add_output_metadata({"a": 1}, output_name="left")
    context.add_output_metadata({"b": 2}, output_name="right", mapping_key="k1")
    assert context.take_output_metadata("left") == {"a": 1}
    assert context.take_output_metadata("right") == {}
    assert context.take_output_metadata("right", "k1") == {"b": 2}


@pytest.mark.parametrize(
    ("name", "problem"),
    [(None, "say which output"), ("lefft", "Did you mean 'left'"), ("right", "add the metadata first")],
)
def test_metadata_that_would_be_lost_is_an_error(name, problem):
    context = StepContext(step_key="split", output_names=("left", "right"))
    context.take_output_metadata("right")
    with pytest.raises(InvalidOutputError, match=problem):
        context.add_output_metadata({"a": 1}, output_name=name)


class Unshowable:
    def __str__(self):
        raise ValueError("no")


@pytest.mark.parametrize(
    ("value", "as_json"),
    [
        (1, 1),
        (True, True),
        (None, None),
        ("x", "x"),
        ("half \ud800", "half ?"),
        (0.5, 0.5),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (2**80, str(2**80)),
        (numpy.float64(0.5), 0.5),
        (numpy.int32(3), 3),
        (numpy.bool_(True), True),
        (Colour.RED, "red"),
        (Path("a/b"), "a/b"),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        ((1, [2.0]), [1, [2.0]]),
        ({2, 1}, [1, 2]),
        ({1: {"a": (1,)}}, {"1": {"a": [1]}}),
        (Unshowable(), "<a Unshowable that can't be shown: ValueError>"),
    ],
    ids=lambda value: (
        repr(value) if type(value) in (int, float, str) else f"{type(value).__module__}.{type(value).__name__}"
    ),
)
def test_metadata_becomes_json_whatever_it_is(value, as_json):
    context = StepContext()
    context.add_output_metadata({"value": value})
    found = context.take_output_metadata("result")["value"]
    assert found == as_json
    assert type(found) is type(as_json)


def test_metadata_that_holds_itself_ends_as_text():
    ring: list = []
    ring.append(ring)
    context = StepContext()
    context.add_output_metadata({"ring": ring})
    assert "[...]" in str(context.take_output_metadata("result"))


def test_a_failure_says_its_description_and_whether_to_try_again():
    failure = Failure("no rows", metadata={"path": "a"}, allow_retries=False)
    assert (str(failure), failure.metadata, failure.allow_retries) == ("no rows", {"path": "a"}, False)
    assert str(Failure()) == "The step raised Failure without a description."


def test_a_request_to_retry_says_how_often_and_when():
    request = RetryRequested(max_retries=3, seconds_to_wait=1.5)
    assert (request.max_retries, request.seconds_to_wait) == (3, 1.5)
    assert str(request) == "The step asked to be tried again after 1.5 s, 3 times at most."
