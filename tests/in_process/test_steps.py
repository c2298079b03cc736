"""What a step may do in a run, and what is kept of it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from pydantic import BaseModel

from dalsegno import (
    In,
    Instance,
    IOManager,
    ModeDefinition,
    Nothing,
    Out,
    Output,
    RetryPolicy,
    RunStatus,
    StepStatus,
    execute_pipeline,
    io_manager,
    pipeline,
    reexecute_pipeline,
    resource,
    step,
)


def kinds(result: Any, step_key: str) -> list[str]:
    return [event.kind for event in result.event_list if event.step_key == step_key]


def test_an_output_is_recorded_before_the_success_and_events_are_numbered_densely(instance: Instance) -> None:
    @step
    def one() -> int:
        return 1

    @pipeline
    def single() -> None:
        one()

    result = execute_pipeline(single, instance=instance)
    assert kinds(result, "one") == ["STEP_STARTED", "STEP_OUTPUT_STORED", "STEP_SUCCEEDED"]
    assert [event.number for event in result.event_list] == list(range(1, len(result.event_list) + 1))
    assert [event.kind for event in result.event_list if event.step_key is None] == ["RUN_STARTED", "RUN_SUCCEEDED"]
    assert [event.kind for event in result.step_event_list] == kinds(result, "one")
    (output,) = result.step_stats["one"].outputs
    assert output.uri and output.digest and output.size_bytes and output.preview == "1"


def test_what_a_step_prints_is_kept_with_its_attempt_and_still_shown(
    instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    @step
    def loud() -> None:
        print("to stdout: café")
        print("to stderr", file=sys.stderr)

    @step
    def quiet() -> None:
        return None

    @pipeline
    def both() -> None:
        loud()
        quiet()

    result = execute_pipeline(both, instance=instance)
    (attempt,) = result.step_stats["loud"].attempts
    assert attempt.stdout and instance.read_log(attempt.stdout) == "to stdout: café\n"
    assert attempt.stderr and instance.read_log(attempt.stderr) == "to stderr\n"
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("to stdout: café\n", "to stderr\n")
    (silent,) = result.step_stats["quiet"].attempts
    assert silent.stdout is None and silent.stderr is None


def test_log_lines_are_events_with_their_level(instance: Instance) -> None:
    @step
    def logging(context: Any) -> None:
        context.log.info("%d rows", 3)
        context.log.warning("odd")

    @pipeline
    def single() -> None:
        logging()

    result = execute_pipeline(single, instance=instance)
    logged = [(event.level, event.message) for event in result.event_list if event.kind == "LOG"]
    assert [(str(level), message) for level, message in logged] == [("INFO", "3 rows"), ("WARNING", "odd")]


def test_a_failure_is_kept_with_its_cause_and_its_traceback_is_the_authors(instance: Instance) -> None:
    def inner() -> None:
        raise KeyError("rows")

    @step
    def fails() -> None:
        try:
            inner()
        except KeyError as error:
            raise ValueError("no rows") from error

    @pipeline
    def single() -> None:
        fails()

    failure = execute_pipeline(single, instance=instance).result_for_solid("fails").failure
    assert failure is not None and failure.cause is not None
    assert (failure.class_name, failure.message, failure.cause.class_name) == ("ValueError", "no rows", "KeyError")
    assert failure.traceback is not None
    assert "raise ValueError" in failure.traceback
    assert "dalsegno/worker" not in failure.traceback


def test_an_optional_output_that_is_not_given_skips_what_depends_on_it(instance: Instance) -> None:
    @step(out={"left": Out(is_required=False), "right": Out(is_required=False)})
    def branch() -> Any:
        yield Output("L", "left")

    @step
    def on_left(value: str) -> str:
        return value

    @step
    def on_right(value: str) -> str:
        return value

    @step
    def join(values: list[str]) -> list[str]:
        return values

    @pipeline
    def branching() -> None:
        sides = branch()
        join([on_left(sides.left), on_right(sides.right)])

    result = execute_pipeline(branching, instance=instance)
    assert result.success
    assert result.result_for_solid("on_right").skipped
    assert result.output_value("join") == ["L"]
    again = reexecute_pipeline(branching, result.run_id, step_selection="join", instance=instance)
    assert again.output_value("join") == ["L"]


def test_order_without_data(instance: Instance) -> None:
    order: list[str] = []

    @step(out=Out(Nothing))
    def first() -> None:
        order.append("first")

    @step
    def second() -> int:
        order.append("second")
        return 2

    @step(ins={"start": In(Nothing)})
    def last() -> None:
        order.append("last")

    @pipeline
    def ordered() -> None:
        last(start=[second(), first()])

    assert execute_pipeline(ordered, instance=instance).success
    assert order[-1] == "last"


class Threshold(BaseModel):
    value: float = 0.5


class Connection(BaseModel):
    host: str = "local"


def test_config_resources_and_the_context_reach_the_step(instance: Instance) -> None:
    closed: list[str] = []
    seen: dict[str, Any] = {}

    @resource(config=Connection)
    def db(context: Any) -> Iterator[str]:
        yield f"db at {context.config.host}"
        closed.append(context.config.host)

    @step(config=Threshold, required_resource_keys={"db"})
    def reads(context: Any, given: int = 7) -> None:
        seen.update(
            config=context.config.value,
            db=context.resources.db,
            given=given,
            tags=context.tags,
            again=context.is_reexecution,
            root=context.root_run_id,
            parent=context.parent_run_id,
            key=context.idempotency_key,
        )

    @pipeline(mode_defs=[ModeDefinition(resource_defs={"db": db})])
    def single() -> None:
        reads()

    config = {
        "steps": {"reads": {"config": {"value": 0.7}, "inputs": {"given": 8}}},
        "resources": {"db": {"config": {"host": "far"}}},
    }
    first = execute_pipeline(single, config, tags={"team": "ml"}, instance=instance)
    assert first.success
    key = seen.pop("key")
    assert seen == {
        "config": 0.7,
        "db": "db at far",
        "given": 8,
        "tags": {"team": "ml"},
        "again": False,
        "root": first.run_id,
        "parent": None,
    }
    assert closed == ["far"]
    reexecute_pipeline(single, first.run_id, instance=instance)
    assert (seen["again"], seen["root"], seen["parent"], seen["key"]) == (True, first.run_id, first.run_id, key)
    reexecute_pipeline(single, first.run_id, {}, instance=instance)
    assert seen["key"] != key


def test_a_resource_that_can_not_be_made_fails_the_run_and_from_failure_repeats_it(instance: Instance) -> None:
    broken = {"db": True}

    @resource
    def db() -> str:
        if broken["db"]:
            raise ConnectionError("no route")
        return "db"

    @step(required_resource_keys={"db"})
    def reads(context: Any) -> str:
        return context.resources.db

    @pipeline(mode_defs=[ModeDefinition(resource_defs={"db": db})])
    def single() -> None:
        reads()

    failed = execute_pipeline(single, instance=instance)
    assert failed.status is RunStatus.FAILURE
    assert failed.run.error is not None and failed.run.error.message == "no route"
    assert failed.step_stats["reads"].status is StepStatus.OMITTED
    broken["db"] = False
    assert reexecute_pipeline(single, failed.run_id, strategy="FROM_FAILURE", instance=instance).success


def test_a_resource_that_can_not_be_torn_down_is_told_and_what_was_done_stands(instance: Instance) -> None:
    @resource
    def db() -> Iterator[str]:
        yield "db"
        raise ConnectionError("gone already")

    @step(required_resource_keys={"db"})
    def reads(context: Any) -> None:
        return None

    @pipeline(mode_defs=[ModeDefinition(resource_defs={"db": db})])
    def single() -> None:
        reads()

    result = execute_pipeline(single, instance=instance)
    assert result.success
    (told,) = [event for event in result.event_list if event.kind == "RESOURCE_TEARDOWN_FAILED"]
    assert "gone already" in told.message


def test_an_io_manager_of_the_authors_stores_and_loads(instance: Instance) -> None:
    shelf: dict[tuple[str, ...], Any] = {}

    class Shelf(IOManager):
        def handle_output(self, context: Any, obj: Any) -> None:
            context.add_output_metadata({"shelf": "top"})
            shelf[tuple(context.get_identifier())] = obj

        def load_input(self, context: Any) -> Any:
            return shelf[tuple(context.upstream_output.get_identifier())]

    @io_manager
    def on_shelf() -> Shelf:
        return Shelf()

    @step
    def makes() -> object:
        return 41

    @step
    def takes(value: int) -> int:
        return value + 1

    @pipeline(mode_defs=[ModeDefinition(resource_defs={"io_manager": on_shelf})])
    def shelved() -> None:
        takes(makes())

    first = execute_pipeline(shelved, instance=instance)
    assert first.output_value("takes") == 42
    (output,) = first.step_stats["makes"].outputs
    assert (output.uri, output.digest, output.metadata) == (None, None, {"shelf": "top"})
    again = reexecute_pipeline(shelved, first.run_id, step_selection="takes", instance=instance)
    assert again.output_value("takes") == 42


@pytest.mark.parametrize("leave", [SystemExit(3), GeneratorExit()], ids=["sys.exit", "GeneratorExit"])
def test_a_step_that_leaves_in_an_unusual_way_fails_alone(instance: Instance, leave: BaseException) -> None:
    @step
    def leaves() -> None:
        raise leave

    @step
    def other() -> int:
        return 1

    @pipeline
    def both() -> None:
        leaves()
        other()

    result = execute_pipeline(both, instance=instance)
    assert result.status is RunStatus.FAILURE
    assert result.step_stats["other"].status is StepStatus.SUCCESS


def chain_that(middle: Any, retry_policy: RetryPolicy | None = None) -> Any:
    @step
    def before() -> int:
        return 1

    @step(retry_policy=retry_policy)
    def during(value: int) -> int:
        middle()
        return value

    @step
    def after(value: int) -> int:
        return value

    @pipeline
    def chain() -> None:
        after(during(before()))

    return chain


def check_canceled(result: Any) -> None:
    assert result.status is RunStatus.CANCELED
    assert {key: str(state.status) for key, state in result.step_stats.items()} == {
        "before": "SUCCESS",
        "during": "CANCELED",
        "after": "OMITTED",
    }


def test_ctrl_c_interrupts_the_step_cancels_the_run_and_from_failure_goes_on(instance: Instance) -> None:
    pressing = {"ctrl_c": True}

    def press() -> None:
        if pressing["ctrl_c"]:
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(30)

    chain = chain_that(press)
    canceled = execute_pipeline(chain, instance=instance)
    check_canceled(canceled)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    pressing["ctrl_c"] = False
    again = reexecute_pipeline(chain, canceled.run_id, strategy="FROM_FAILURE", instance=instance)
    assert again.success
    assert again.run.step_keys_to_execute == ("during", "after")
    pressing["ctrl_c"] = True
    with pytest.raises(KeyboardInterrupt):
        execute_pipeline(chain, instance=instance, raise_on_error=True)


def test_a_step_that_makes_an_error_of_its_own_of_ctrl_c_is_canceled_and_never_tried_again(instance: Instance) -> None:
    def press() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(30)
        except KeyboardInterrupt:
            raise ValueError("its own") from None

    chain = chain_that(press, RetryPolicy(max_retries=3))
    canceled = execute_pipeline(chain, instance=instance)
    check_canceled(canceled)
    (attempt,) = canceled.step_stats["during"].attempts
    assert attempt.error is not None and attempt.error.message == "its own"
    assert instance.group(canceled.run_id).status is RunStatus.CANCELED
    with pytest.raises(KeyboardInterrupt):
        execute_pipeline(chain, instance=instance, raise_on_error=True)


def test_a_resource_that_makes_an_error_of_its_own_of_ctrl_c_cancels_the_run(instance: Instance) -> None:
    @resource
    def slow() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(30)
        except KeyboardInterrupt:
            raise ValueError("its own") from None

    @step(required_resource_keys={"slow"})
    def needs_it() -> None: ...

    @pipeline(mode_defs=[ModeDefinition(resource_defs={"slow": slow})])
    def preparing() -> None:
        needs_it()

    result = execute_pipeline(preparing, instance=instance)
    assert result.status is RunStatus.CANCELED
    assert result.run.error is None


def test_a_wish_to_cancel_from_elsewhere_interrupts_the_step(instance: Instance) -> None:
    instance.settings = replace(instance.settings, heartbeat_seconds=0.02)
    entered = threading.Event()

    def wait() -> None:
        entered.set()
        threading.Event().wait(30)

    def cancel() -> None:
        assert entered.wait(30)
        (running,) = instance.runs(limit=1)
        instance.cancel_run(running.run_id)

    elsewhere = threading.Thread(target=cancel)
    elsewhere.start()
    result = execute_pipeline(chain_that(wait), instance=instance)
    elsewhere.join()
    check_canceled(result)
    # What has ended stays as it is.
    assert instance.cancel_run(result.run_id).status is RunStatus.CANCELED


def test_a_run_canceled_before_any_step_started_does_not_count_in_its_group(instance: Instance) -> None:
    interrupt = {"now": False}

    @resource
    def slow() -> str:
        if interrupt["now"]:
            raise KeyboardInterrupt
        return "made"

    @step(required_resource_keys={"slow"})
    def reads(context: Any) -> None:
        return None

    @pipeline(mode_defs=[ModeDefinition(resource_defs={"slow": slow})])
    def single() -> None:
        reads()

    first = execute_pipeline(single, instance=instance)
    interrupt["now"] = True
    canceled = reexecute_pipeline(single, first.run_id, instance=instance)
    assert canceled.status is RunStatus.CANCELED
    group = instance.group(first.run_id)
    assert (group.newest_run_id, group.status) == (first.run_id, RunStatus.SUCCESS)
