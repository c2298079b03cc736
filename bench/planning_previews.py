"""How soon the service answers what a re-execution would do: 1,000 steps, a line of 20 ancestors."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from bench.measuring import told
from bench.planned import FAILING, running_layers
from dalsegno import Instance, execute_pipeline, reexecute_pipeline
from dalsegno.store.pipelines import publish
from tests.end_to_end.service_processes import OPERATOR, Processes

BAR_MS = 150.0
LAYERS, ANCESTORS = 10, 20
ROUNDS = 15

_ROWS = "... on ReexecutionPlan { steps { stepKey action reason } }"
# Answered by what was seen of the stored outputs in the last ten seconds.
PREVIEW = f"query ($run: ID!) {{ reexecutionPlan(parentRunId: $run, strategy: FROM_FAILURE) {{ {_ROWS} }} }}"
# Refused because the plan's id is another, with the plan as it is now: made anew, every output looked at.
FRESH = f"""mutation ($run: ID!) {{
  launchReexecution(parentRunId: $run, strategy: FROM_FAILURE, planId: "another") {{
    ... on StalePlanError {{ plan {{ {_ROWS} }} }}
  }}
}}"""


def measure() -> bool:
    """Print the figures; whether the bar holds."""
    with tempfile.TemporaryDirectory() as name:
        processes = Processes(Path(name), f"sqlite:///{name}/dalsegno.db")
        try:
            run_id = _history(processes.environment)
            processes.serve()
            return _measure(processes.url, run_id)
        finally:
            processes.close()


def _history(environment: Mapping[str, str]) -> str:
    """A run of all steps, and re-executions of its last layers, each of which fails at another step; the newest."""
    layered = running_layers(LAYERS)
    storage = environment["DALSEGNO_STORAGE_URL"]
    with Instance.open(environment["DALSEGNO_DATABASE_URL"], storage_url=storage) as instance:
        instance.database.write(publish([layered.snapshot], datetime.now(UTC)))
        run_id = execute_pipeline(layered, instance=instance).run_id
        for number in range(ANCESTORS):
            FAILING.clear()
            FAILING.add(f"s{LAYERS - 2}_{number}")
            again = reexecute_pipeline(
                layered, run_id, step_selection=f"name:s{LAYERS - 3}_*", strategy="FROM_SELECTED", instance=instance
            )
            run_id = again.run_id
        FAILING.clear()
    return run_id


def _measure(url: str, run_id: str) -> bool:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {OPERATOR}"}, timeout=60) as client:

        def ask(query: str) -> dict[str, Any]:
            answer: dict[str, Any] = client.post("/graphql", json={"query": query, "variables": {"run": run_id}}).json()
            assert "errors" not in answer, answer
            return answer["data"]

        first = _milliseconds(lambda: ask(PREVIEW))
        rows = ask(PREVIEW)["reexecutionPlan"]["steps"]
        assert len(rows) == LAYERS * 100
        executed = sum(row["action"] == "EXECUTE" for row in rows)
        assert ask(FRESH)["launchReexecution"]["plan"]["steps"] == rows
        previews = [_milliseconds(lambda: ask(PREVIEW)) for _ in range(ROUNDS)]
        fresh = [_milliseconds(lambda: ask(FRESH)) for _ in range(ROUNDS)]
    print(f"reexecutionPlan over HTTP, {len(rows):,} steps, {executed} to execute, {ANCESTORS} ancestors")
    print(f"{'  first, by a service just started':42} {first:.0f} ms")
    held = True
    for what, took in (("  preview", previews), ("  fresh, every output looked at", fresh)):
        median = statistics.median(took)
        figure = f"{median:.0f} ms, at most {max(took):.0f} ms"
        held = told(what, figure, median, BAR_MS, "ms") and held
    return held


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000.0
