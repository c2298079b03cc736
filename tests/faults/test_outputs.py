"""Outputs that are damaged, gone, or left over by an attempt that did not succeed."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from dalsegno import Instance, PipelineResult, execute_pipeline, pipeline, reexecute_pipeline, step
from dalsegno.errors import MissingOutputsError, OutputUnavailableError
from dalsegno.output_storage import DAMAGED, GONE
from dalsegno.runs.attempts import UnavailableOutput
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus
from tests.waiting import until
from tests.worker.site import Site

CHAIN = """
@step
def made():
    return "as it was made"

@step
def held():
    gate("held")
    return 1

@step
def reads(made, held):
    return made

@pipeline
def chain():
    reads(made(), held())
"""

DYING = """
@step(out={"value": Out(), "extra": Out(is_required=False)})
def made(context):
    note("attempts", context.attempt)
    yield Output(context.attempt, "value")
    if context.attempt == 1:
        yield Output("left over", "extra")
        os.kill(os.getpid(), 9)

@step
def reads(value):
    return value

@step
def reads_extra(extra):
    return extra

@pipeline
def dying():
    value, extra = made()
    reads(value)
    reads_extra(extra)
"""


def stored_file(site: Site, run_id: str, key: str) -> Path:
    """Of its only output, once that is recorded."""
    outputs = until(lambda: site.step(run_id, key).outputs, what=f"the success of {key}")
    assert outputs[0].uri is not None
    return Path(outputs[0].uri)


def remove(file: Path) -> None:
    file.unlink()


def damage(file: Path) -> None:
    """Of the same size, so that only its digest tells."""
    content = file.read_bytes()
    file.write_bytes(content[:-3] + bytes(3))


@pytest.mark.parametrize(("spoil", "problem"), [(remove, GONE), (damage, DAMAGED)])
def test_a_step_that_loads_what_is_gone_or_damaged_fails_by_a_typed_error_that_says_what_to_do(
    sqlite_site: Site, spoil, problem: str
) -> None:
    site = sqlite_site
    site.write(CHAIN)
    site.start_here().until_serving()
    run_id = site.launch("chain")
    site.reached("held")
    spoil(stored_file(site, run_id, "made"))
    site.open("held")
    run = site.ended(run_id)
    assert run.status is RunStatus.FAILURE
    error = site.step(run_id, "reads").error
    assert error is not None
    assert error.class_name == "dalsegno.errors.OutputUnavailableError"
    assert problem in error.message
    for named in (run_id, "'result'", "'made'", "Re-execute 'made'"):
        assert named in error.message
    assert error.unavailable_output == UnavailableOutput(run_id=run_id, step_key="made", output_name="result")
    # What it says mends it.
    again = site.launch("chain", run, strategy=ReexecutionStrategy.FROM_SELECTED, selection=("made",))
    assert site.ended(again).status is RunStatus.SUCCESS


def test_a_launch_that_would_load_what_is_gone_is_refused_and_names_the_producer_to_add(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(CHAIN)
    site.start_here().until_serving()
    site.open("held")
    run: Run = site.run("chain")
    stored_file(site, run.run_id, "made").unlink()
    with pytest.raises(MissingOutputsError) as refused:
        site.launch("chain", run, strategy=ReexecutionStrategy.SELECTED_STEPS, selection=("reads",))
    (missing,) = refused.value.missing
    assert (missing.step_key, missing.upstream_step_key, missing.why) == ("reads", "made", GONE)
    assert refused.value.step_keys_to_add == ("made",)


def test_what_a_person_asks_for_names_run_step_and_output_also_where_an_earlier_run_made_it(tmp_path: Path) -> None:
    @step
    def made() -> str:
        return "as it was made"

    @step
    def reads(made: str) -> str:
        return made

    @pipeline
    def chain() -> None:
        reads(made())

    with Instance.open(f"sqlite:///{tmp_path}/runs.db", storage_url=str(tmp_path / "storage")) as instance:
        parent = execute_pipeline(chain, instance=instance)
        again = reexecute_pipeline(chain, parent.run_id, step_selection=["reads"], instance=instance)
        uri = parent.step_stats["made"].outputs[0].uri
        assert uri is not None
        damage(Path(uri))
        with pytest.raises(OutputUnavailableError) as refused:
            PipelineResult(instance, chain, again.run_id).output_value("made")
    error = refused.value
    assert (error.run_id, error.step_key, error.output_name, error.problem) == (
        parent.run_id,
        "made",
        "result",
        DAMAGED,
    )


def test_no_file_of_an_attempt_that_was_killed_is_ever_used(sqlite_site: Site) -> None:
    site = sqlite_site
    site.write(DYING)
    site.start_here().until_serving()
    failed = site.run("dying")
    assert failed.status is RunStatus.FAILURE
    left_over = {path.name for path in Path(site.settings.storage_url).rglob("made.*")}
    assert {name.rpartition(".")[2] for name in left_over} >= {"value", "extra"}
    error = site.step(failed.run_id, "made").error
    assert error is not None and f"signal {signal.SIGKILL.value}" in error.message
    # In the same run, and in one that re-executes it: what did not succeed was never made.
    site.write(DYING.replace("@step(out=", "@step(retry_policy=RetryPolicy(max_retries=1), out="))
    until(lambda: site.snapshot("dying").id != failed.snapshot_id, what="the new code")
    again = site.launch("dying", failed, strategy=ReexecutionStrategy.FROM_FAILURE)
    assert site.ended(again).status is RunStatus.SUCCESS
    states = site.instance.step_states(again)
    assert [one.status for one in states["made"].attempts] == [StepStatus.FAILURE, StepStatus.SUCCESS]
    (value,) = states["made"].outputs
    assert value.uri is not None and Path(value.uri).name not in left_over
    assert states["reads"].outputs[0].preview == "2"
    assert states["reads_extra"].status is StepStatus.SKIPPED
