"""How soon a launch over GraphQL is answered, starts its first step and succeeds; and what a step costs a worker.

Bars: 150 ms from the request to the first step; 5 ms a step of a chain and of a fan of 200, in warm processes.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from dalsegno.client import Client, Run  # noqa: E402 - as above
from tests.end_to_end.service_processes import Processes, running  # noqa: E402
from tests.postgres_server import postgres_server  # noqa: E402
from tests.waiting import until  # noqa: E402

FIRST_STEP_BAR_MS = 150.0
STEP_BAR_MS = 5.0
LAUNCHES = 15
LONG_RUNS = 5
WARM_UP = 3

CODE = """
import sys
sys.path.insert(0, BENCH)
from dalsegno import pipeline, step
from shapes import chain, fan

@step
def one():
    return 1

@step
def two(value):
    return value + 1

@step
def three(value):
    return value + 1

@pipeline
def trivial():
    three(two(one()))

chain_of_200 = chain().pipeline
fan_of_200 = fan().pipeline
"""


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """By name: the URL of an empty one."""
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        yield {
            "SQLite": f"sqlite:///{folder}/dalsegno.db",
            "Postgres": server.render_as_string(hide_password=False),
        }


class Launch:
    """A run from its request to its end, in milliseconds since the request."""

    def __init__(self, client: Client, name: str) -> None:
        asked, began = time.time(), time.perf_counter()
        launched = client.launch_run(name)
        self.answered = (time.perf_counter() - began) * 1000
        run = until(lambda: ended(client, launched.id), what="the end of a run")
        if not run.success:
            raise AssertionError(f"run {run.id} of {name} ended with {run.status}")
        starts = [step.start_time for step in client.step_stats(run.id) if step.start_time is not None]
        self.first_step = since(asked, min(starts))
        assert run.ended_at is not None
        self.succeeded = since(asked, run.ended_at)
        # From the first step's start to the end of the run.
        self.steps = len(starts)
        self.each_step = (self.succeeded - self.first_step) / self.steps


def ended(client: Client, run_id: str) -> Run | None:
    run = client.run(run_id)
    return run if run.has_ended else None


def since(asked: float, at: datetime) -> float:
    """The service and its worker are on this machine, so all have one clock."""
    return (at.timestamp() - asked) * 1000


def measure(name: str, url: str) -> bool:
    """Print the figures of one database; whether a bar was missed."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        code = CODE.replace("BENCH", repr(str(ROOT / "bench")))
        processes: Processes = stack.enter_context(running(folder, url, code, workers=1))
        processes.until_served("trivial")
        client = stack.enter_context(processes.client())
        launches = [Launch(client, "trivial") for _ in range(WARM_UP + LAUNCHES)][WARM_UP:]
        answered, first_step, succeeded = (
            statistics.median(getattr(one, what) for one in launches)
            for what in ("answered", "first_step", "succeeded")
        )
        missed = first_step > FIRST_STEP_BAR_MS
        told = "missed" if missed else "held"
        print(
            f"{name:10}{answered:10.1f} ms{first_step:12.1f} ms{succeeded:12.1f} ms   bar {FIRST_STEP_BAR_MS:g}: {told}"
        )
        for shape in ("chain", "fan"):
            runs = [Launch(client, shape) for _ in range(1 + LONG_RUNS)][1:]
            each = statistics.median(one.each_step for one in runs)
            missed = missed or each > STEP_BAR_MS
            told = "missed" if each > STEP_BAR_MS else "held"
            print(
                f"{name + ', ' + shape:20}{each:8.2f} ms a step ({runs[0].steps} steps)   bar {STEP_BAR_MS:g}: {told}"
            )
    return missed


def main() -> int:
    """Print the figures; 1 where a bar is missed."""
    print(f"{'':10}{'answered':>13}{'first step':>15}{'succeeded':>15}")
    with databases() as urls:
        missed = [name for name, url in urls.items() if measure(name, url)]
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
