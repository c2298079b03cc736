"""Bad input: each an exception with its fields, and nothing stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from dalsegno import (
    DalsegnoError,
    IdempotencyConflictError,
    Instance,
    InvalidRunConfigError,
    InvalidSelectionError,
    MissingOutputsError,
    ModeDefinition,
    PipelineResult,
    ReexecutionNotAllowedError,
    RunNotFoundError,
    StalePlanError,
    execute_pipeline,
    mem_io_manager,
    pipeline,
    plan_reexecution,
    reexecute_pipeline,
    step,
)
from dalsegno.definitions.memory_io_manager import forget_run
from dalsegno.errors import OutputUnavailableError
from tests.stored import everything_in


class TrainConfig(BaseModel):
    rate: float = Field(default=0.1, gt=0)
    rounds: int


@step
def load() -> list[int]:
    return [1, 2, 3]


@step(config=TrainConfig)
def train(context: Any, rows: list[int]) -> int:
    return len(rows) * context.config.rounds


@step(name="test")
def evaluate(model: int, rows: list[int]) -> int:
    if model == 3:
        raise ValueError("a bad model")
    return model


@step
def report(model: int, score: int) -> None:
    return None


@pipeline
def training() -> None:
    rows = load()
    model = train(rows)
    report(model, evaluate(model, rows))


CONFIG = {"steps": {"train": {"config": {"rounds": 1}}}}
GOOD = {"steps": {"train": {"config": {"rounds": 2}}}}


@pytest.fixture
def failed(instance: Instance) -> str:
    """The id of a run that failed at `test`."""
    return execute_pipeline(training, CONFIG, instance=instance).run_id


def refused(instance: Instance, kind: type[DalsegnoError], **arguments: Any) -> Any:
    """The error of a re-execution, which plans and launches alike; checks that nothing was stored."""
    before = everything_in(instance)
    with pytest.raises(kind) as planned:
        plan_reexecution(training, instance=instance, **arguments)
    with pytest.raises(kind) as launched:
        reexecute_pipeline(training, instance=instance, **arguments)
    assert everything_in(instance) == before
    assert str(planned.value) == str(launched.value)
    assert str(launched.value).endswith((".", "?"))
    return launched.value


def test_an_unknown_run(instance: Instance) -> None:
    assert refused(instance, RunNotFoundError, parent_run_id="nope").run_id == "nope"


def test_an_unknown_step_is_told_with_close_names(instance: Instance, failed: str) -> None:
    error = refused(instance, InvalidSelectionError, parent_run_id=failed, step_selection=["test", "trian+"])
    assert (error.clause, error.text_index, error.start, error.end) == ("trian+", 1, 0, 5)
    assert error.suggestions == ("train",)


@pytest.mark.parametrize(
    ("selection", "start", "end"),
    [("test **train", 5, 7), ("train *", 6, 7), ("train,+", 6, 7), ("train+load", 5, 10)],
)
def test_a_malformed_selection_is_told_with_its_position(
    instance: Instance, failed: str, selection: str, start: int, end: int
) -> None:
    error = refused(instance, InvalidSelectionError, parent_run_id=failed, step_selection=selection)
    assert error.text_index == 0
    assert error.start <= start < error.end
    assert error.end <= len(selection) and end <= len(selection)


def test_a_selection_that_picks_nothing_is_refused(instance: Instance, failed: str) -> None:
    error = refused(instance, InvalidSelectionError, parent_run_id=failed, step_selection=["status:canceled*", "tag:x"])
    assert (error.clause, error.text_index, error.start, error.end) == ("status:canceled*", 0, 0, 16)
    with pytest.raises(InvalidSelectionError, match="needs a parent run"):
        execute_pipeline(training, CONFIG, solid_selection="status:failed", instance=instance)


@pytest.mark.parametrize("selection", [[], [""], "", [None], [["test"]], {"test": True}, 7])
def test_nothing_never_means_everything(instance: Instance, failed: str, selection: Any) -> None:
    refused(instance, InvalidSelectionError, parent_run_id=failed, step_selection=selection)


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"steps": {"train": {"config": {"rounds": "many"}}}}, "/steps/train/config/rounds"),
        ({"steps": {"train": {"config": {"rounds": 1, "rate": 0}}}}, "/steps/train/config/rate"),
        ({"steps": {"train": {"config": {}}}}, "/steps/train/config"),
        ({"steps": {"trian": {"config": {"rounds": 1}}}}, "/steps/trian"),
        ({"step": {}}, "/step"),
        ({"steps": {"train": {"config": {"rounds": float("nan")}}}}, "/steps/train/config/rounds"),
        ([], ""),
        ({"steps": 3}, "/steps"),
    ],
)
def test_an_invalid_config_is_told_with_its_path(instance: Instance, failed: str, config: Any, path: str) -> None:
    error = refused(instance, InvalidRunConfigError, parent_run_id=failed, run_config=config)
    assert any(problem.path.startswith(path) for problem in error.problems), error.problems
    before = everything_in(instance)
    with pytest.raises(InvalidRunConfigError):
        execute_pipeline(training, config, instance=instance)
    assert everything_in(instance) == before


def test_every_missing_output_is_listed_with_the_steps_to_add(instance: Instance, failed: str) -> None:
    error = refused(instance, MissingOutputsError, parent_run_id=failed, step_selection="report")
    assert [(one.step_key, one.input_name, one.upstream_step_key, one.output_name) for one in error.missing] == [
        ("report", "score", "test", "result")
    ]
    assert error.step_keys_to_add == ("test",)


def test_a_first_run_that_leaves_out_what_it_needs_is_refused(instance: Instance) -> None:
    before = everything_in(instance)
    with pytest.raises(MissingOutputsError) as error:
        execute_pipeline(training, CONFIG, solid_selection=["train", "test"], instance=instance)
    assert [(one.step_key, one.upstream_step_key) for one in error.value.missing] == [
        ("train", "load"),
        ("test", "load"),
    ]
    assert everything_in(instance) == before


def test_from_failure_on_a_settled_lineage(instance: Instance) -> None:
    done = execute_pipeline(training, GOOD, instance=instance)
    assert done.success
    error = refused(instance, ReexecutionNotAllowedError, parent_run_id=done.run_id, strategy="FROM_FAILURE")
    assert error.strategy == "FROM_FAILURE"


def test_an_unknown_strategy_and_one_that_takes_no_selection(instance: Instance, failed: str) -> None:
    refused(instance, ReexecutionNotAllowedError, parent_run_id=failed, strategy="FROM_TOMORROW")
    refused(instance, InvalidSelectionError, parent_run_id=failed, strategy="FROM_FAILURE", step_selection="test")
    refused(instance, InvalidSelectionError, parent_run_id=failed, strategy="SELECTED_STEPS")


def test_a_selection_outside_the_scope(instance: Instance) -> None:
    root = execute_pipeline(training, CONFIG, solid_selection=["load", "train"], instance=instance)
    assert root.success
    error = refused(instance, InvalidSelectionError, parent_run_id=root.run_id, step_selection=["train", "test"])
    assert (error.clause, error.text_index) == ("test", 1)
    assert "scope" in str(error)


def stored_file(instance: Instance, run_id: str, step_key: str) -> Path:
    (output,) = instance.step_states(run_id)[step_key].outputs
    assert output.uri
    return Path(output.uri)


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        pytest.param(lambda file: file.unlink(), "its file is gone", id="gone"),
        pytest.param(lambda file: file.write_bytes(b""), "its file is damaged", id="emptied"),
        pytest.param(
            lambda file: file.write_bytes(bytes([file.read_bytes()[0] ^ 1]) + file.read_bytes()[1:]),
            "its file is damaged",
            id="one bit turned",
        ),
    ],
)
def test_a_lost_or_damaged_output_refuses_the_launch_and_names_its_producer(
    instance: Instance, failed: str, harm: Any, why: str
) -> None:
    file = stored_file(instance, failed, "train")
    file.chmod(0o600)
    harm(file)
    error = refused(instance, MissingOutputsError, parent_run_id=failed, strategy="FROM_FAILURE")
    assert [(one.step_key, one.upstream_step_key, one.why) for one in error.missing] == [
        ("test", "train", why),
        ("report", "train", why),
    ]
    assert error.step_keys_to_add == ("train",)
    mended = reexecute_pipeline(training, failed, run_config=GOOD, step_selection=["train*"], instance=instance)
    assert mended.success


def test_an_output_that_is_gone_when_a_person_asks_for_it(instance: Instance, failed: str) -> None:
    stored_file(instance, failed, "train").unlink()
    result = PipelineResult(instance, training, failed)
    with pytest.raises(OutputUnavailableError) as error:
        result.output_value("train")
    assert (error.value.step_key, error.value.output_name) == ("train", "result")


def test_outputs_in_the_memory_of_a_process_that_has_ended_are_missing(tmp_path: Path) -> None:
    in_memory = ModeDefinition(resource_defs={"io_manager": mem_io_manager})

    @step
    def broken(rows: list[int]) -> None:
        raise ValueError

    @pipeline(mode_defs=[in_memory])
    def forgetful() -> None:
        broken(load())

    with Instance.open(f"sqlite:///{tmp_path}/runs.db", storage_url=str(tmp_path / "storage")) as instance:
        first = execute_pipeline(forgetful, instance=instance)
        assert plan_reexecution(
            forgetful, first.run_id, strategy="FROM_FAILURE", instance=instance
        ).executed.keys() == {"broken"}
        forget_run(first.run_id)
        with pytest.raises(MissingOutputsError, match="memory"):
            reexecute_pipeline(forgetful, first.run_id, strategy="FROM_FAILURE", instance=instance)


def test_a_previewed_plan_that_has_gone_stale_is_refused_with_the_new_one(instance: Instance, failed: str) -> None:
    arguments: dict[str, Any] = {"step_selection": "test", "instance": instance}
    previewed = plan_reexecution(training, failed, **arguments)
    stored_before = everything_in(instance)
    with pytest.raises(StalePlanError) as error:
        reexecute_pipeline(training, failed, run_config=GOOD, plan_id=previewed.id, **arguments)
    assert error.value.plan.id != previewed.id
    assert everything_in(instance) == stored_before
    launched = reexecute_pipeline(training, failed, plan_id=previewed.id, **arguments)
    assert launched.run.step_keys_to_execute == ("test",)


def test_an_idempotency_key_launches_once_and_refuses_other_arguments(instance: Instance, failed: str) -> None:
    arguments: dict[str, Any] = {"step_selection": "train*", "instance": instance, "idempotency_key": "nightly"}
    one = reexecute_pipeline(training, failed, run_config=GOOD, reason="the first", **arguments)
    assert one.success
    same = reexecute_pipeline(training, failed, run_config=GOOD, reason="once more", **arguments)
    assert same.run_id == one.run_id
    before = everything_in(instance)
    with pytest.raises(IdempotencyConflictError) as error:
        reexecute_pipeline(training, failed, **arguments)
    assert error.value.run_id == one.run_id
    assert everything_in(instance) == before


def test_a_launch_that_was_answered_is_answered_again_though_it_would_now_be_refused(
    instance: Instance, failed: str
) -> None:
    mended = reexecute_pipeline(training, failed, run_config=GOOD, step_selection="train", instance=instance)
    arguments: dict[str, Any] = {"strategy": "FROM_FAILURE", "instance": instance, "idempotency_key": "once"}
    one = reexecute_pipeline(training, mended.run_id, **arguments)
    assert one.success
    assert reexecute_pipeline(training, mended.run_id, **arguments).run_id == one.run_id


def test_a_pipeline_of_another_name_is_refused(instance: Instance, failed: str) -> None:
    @pipeline
    def another() -> None:
        load()

    with pytest.raises(ReexecutionNotAllowedError, match="'training'"):
        reexecute_pipeline(another, failed, instance=instance)


def test_metadata_and_config_of_runs_are_json_that_comes_back(instance: Instance, failed: str) -> None:
    assert json.loads(json.dumps(instance.run(failed).run_config)) == {
        "steps": {"train": {"config": {"rate": 0.1, "rounds": 1}}}
    }
