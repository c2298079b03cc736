"""A process that is really killed in the middle of a run: what had succeeded counts, and the run can be carried on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

import dalsegno
from dalsegno import Instance, ReexecutionNotAllowedError, RunStatus, StepStatus, plan_reexecution, reexecute_pipeline
from dalsegno.definitions.repository import load_pipelines
from dalsegno.plan.plan import Plan
from tests.waiting import until

AUTHOR = dedent("""
    import os
    import time

    from dalsegno import pipeline, step


    @step
    def quick():
        return "made before the end"


    @step
    def endless(value):
        while os.environ.get("ENDLESS"):
            time.sleep(0.01)
        return value


    @step
    def never(value):
        return value


    @pipeline
    def work():
        never(endless(quick()))


    if __name__ == "__main__":
        from dalsegno import Instance, execute_pipeline

        execute_pipeline(work, instance=Instance.open())
""")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Instance]]:
    """A process whose run has reached its endless step, and the instance that it records in."""
    file = tmp_path / "author.py"
    file.write_text(AUTHOR)
    url, storage = f"sqlite:///{tmp_path}/runs.db", str(tmp_path / "storage")
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(dalsegno.__file__).parents[1]),
        "ENDLESS": "yes",
        "DALSEGNO_DATABASE_URL": url,
        "DALSEGNO_STORAGE_URL": storage,
        "DALSEGNO_LEASE_SECONDS": "1",
        "DALSEGNO_HEARTBEAT_SECONDS": "0.2",
    }
    with Instance.open(url, storage_url=storage) as instance:
        process = subprocess.Popen([sys.executable, file], env=environment)
        try:
            until(lambda: [run for run in instance.runs() if is_in_endless_step(instance, run.run_id)])
            yield process, instance
        finally:
            process.kill()
            process.wait()


def is_in_endless_step(instance: Instance, run_id: str) -> bool:
    return instance.step_states(run_id)["endless"].status is StepStatus.RUNNING


def test_a_run_whose_process_is_killed_is_carried_on_from_failure_once_its_lease_is_over(
    running: tuple[subprocess.Popen[bytes], Instance], tmp_path: Path
) -> None:
    process, instance = running
    (run,) = instance.runs()
    work = load_pipelines(file=tmp_path / "author.py").pipeline("work")
    # While it lives, it holds its run.
    with pytest.raises(ReexecutionNotAllowedError, match="not ended"):
        plan_reexecution(work, run.run_id, strategy="FROM_FAILURE", instance=instance)
    process.send_signal(signal.SIGKILL)
    process.wait()

    def planned() -> Plan | None:
        try:
            return plan_reexecution(work, run.run_id, strategy="FROM_FAILURE", instance=instance)
        except ReexecutionNotAllowedError:
            return None

    plan = until(planned, what="the end of the lease")
    assert {key: step.reason for key, step in plan.executed.items()} == {
        "endless": "was interrupted in the first run",
        "never": "was not reached in the first run",
    }
    lost = instance.run(run.run_id)
    assert lost.status is RunStatus.FAILURE
    assert lost.error is not None and lost.error.class_name == "WorkerLostError"
    assert instance.step_states(run.run_id)["endless"].status is StepStatus.LOST
    again = reexecute_pipeline(work, run.run_id, strategy="FROM_FAILURE", instance=instance)
    assert again.success
    assert again.output_value("never") == "made before the end"
