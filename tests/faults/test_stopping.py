"""The service and a worker that are told to stop, and started again: nothing is lost."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from dalsegno.runs.status import RunStatus
from tests.end_to_end.service_processes import running
from tests.waiting import until

CODE = """
import time
from pathlib import Path
from dalsegno import pipeline, step

HERE = Path(__file__).parent

@step
def first():
    with open(HERE / "first", "a") as file:
        file.write("executed")
    return 1

@step
def held(one):
    (HERE / "held.reached").touch()
    while not (HERE / "held.open").exists():
        time.sleep(0.005)
    return one

@pipeline
def chain():
    held(first())
"""


def test_both_stop_in_good_order_and_once_started_again_everything_goes_on(tmp_path: Path) -> None:
    with running(
        tmp_path, f"sqlite:///{tmp_path}/runs.db", CODE, workers=0, grace_seconds=0.1, max_runs=1
    ) as processes:
        worker = processes.work()
        processes.until_served("chain")
        with processes.client() as client:
            launched = client.launch_run("chain", idempotency_key="tonight")
            until((tmp_path / "held.reached").exists, what="the step")
            waits = client.launch_run("chain")
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
        processes.end_service()
        (tmp_path / "held.open").touch()
        # At an address of its own: somebody else may have taken the one before meanwhile.
        processes.serve()
        processes.work()
        with processes.client() as client:
            assert client.launch_run("chain", idempotency_key="tonight").id == launched.id
            for one in (launched, waits):
                assert client.wait(one.id, timeout=60).status == RunStatus.SUCCESS
    # By the first worker once, by the second one once for the other run.
    assert (tmp_path / "first").read_text() == "executed" * 2
    lines = [json.loads(line) for line in (tmp_path / "worker-1.err").read_text().splitlines()]
    assert [line["level"] for line in lines if line["event"].endswith(" stops.")] == ["info"]
