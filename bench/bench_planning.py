"""What planning a re-execution costs: 10,000 steps in layers, five ancestors, against one topological sort by networkx.

Bar: from failure, at most 10 times that sort. Every step knows what it was made from, and is compared with it.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import networkx as nx
from msgspec.structs import replace

from dalsegno.plan.plan import Plan
from dalsegno.plan.reexecution import ReexecutionRequest, plan_reexecution
from dalsegno.runs.attempts import Provenance, StepAttempt, StepOutput, StepState
from dalsegno.runs.lineage import Lineage, LineageRun
from dalsegno.runs.provenance import config_digest
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus
from dalsegno.snapshot.pipeline_snapshot import (
    InputSnapshot,
    ModeSnapshot,
    OutputRef,
    OutputSnapshot,
    PipelineSnapshot,
    StepSnapshot,
)

BAR = 10.0  # times the sort
LAYERS, WIDTH, UPSTREAM = 100, 100, 3
ANCESTORS = 5
ROUNDS = 9
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
CONFIG = {"steps": {"s50_7": {"config": {"rate": 1}}}}


def layered() -> PipelineSnapshot:
    """Each step takes what three of the layer above it make."""
    chance = random.Random(1)
    steps = []
    for layer in range(LAYERS):
        for place in range(WIDTH):
            above = chance.sample(range(WIDTH), UPSTREAM) if layer else []
            inputs = tuple(
                InputSnapshot(name=f"i{number}", sources=(OutputRef(f"s{layer - 1}_{one}", "result"),))
                for number, one in enumerate(above)
            )
            key = f"s{layer}_{place}"
            steps.append(
                StepSnapshot(key=key, inputs=inputs, outputs=(OutputSnapshot(name="result"),), code_version="1")
            )
    return PipelineSnapshot(name="layered", steps=tuple(steps), modes=(ModeSnapshot(name="default"),))


def history(snapshot: PipelineSnapshot) -> Lineage:
    """All steps, then a part again, five times; in the newest run one step of the last layers but two failed."""
    runs: list[LineageRun] = []
    keys = list(snapshot.by_key)
    for number in range(ANCESTORS + 1):
        planned = keys if number == 0 else keys[-WIDTH * 2 :]
        failed = keys[-WIDTH * 2] if number == ANCESTORS else None
        states = {key: state(snapshot, f"run{number}", key, failed=key == failed) for key in planned}
        run = Run(
            run_id=f"run{number}",
            pipeline_name=snapshot.name,
            snapshot_id=snapshot.id,
            mode="default",
            run_config=CONFIG,
            tags={},
            status=RunStatus.FAILURE,
            created_at=NOON,
            step_keys_to_execute=tuple(planned),
            parent_run_id=f"run{number - 1}" if number else None,
            root_run_id="run0",
        )
        runs.insert(0, LineageRun(run=run, steps=states))
    return Lineage(tuple(runs))


def state(snapshot: PipelineSnapshot, run_id: str, key: str, *, failed: bool) -> StepState:
    """A step that has made what it always makes, or failed."""
    made_from = Provenance(
        code_version="1",
        config_digest=config_digest(CONFIG, key, ()),
        input_digests={
            one.name: tuple(f"sha256:{ref.step_key:>64}" for ref in one.sources) for one in snapshot.by_key[key].inputs
        },
    )
    status = StepStatus.FAILURE if failed else StepStatus.SUCCESS
    end = NOON + timedelta(seconds=2)
    return StepState(
        step_key=key,
        status=status,
        attempts=(
            StepAttempt(
                number=1, token=f"{run_id}{key}", status=status, started_at=NOON, ended_at=end, provenance=made_from
            ),
        ),
        outputs=() if failed else (StepOutput(name="result", uri=f"/{run_id}/{key}", digest=f"sha256:{key:>64}"),),
        started_at=NOON,
        ended_at=end,
    )


def best(work: Callable[[], object]) -> float:
    """Milliseconds of this process's own time, at best."""
    found = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        found.append((time.process_time() - begin) * 1000.0)
    return min(found)


def main() -> int:
    snapshot = layered()
    lineage = history(snapshot)
    graph = nx.DiGraph()
    graph.add_nodes_from(snapshot.graph)
    graph.add_edges_from((above, key) for key, upstream in snapshot.graph.upstream.items() for above in upstream)
    sort = best(lambda: list(nx.topological_sort(graph)))
    print(f"{len(snapshot.steps):,} steps, {graph.number_of_edges():,} edges, {ANCESTORS} ancestors")
    print(f"networkx, one topological sort:   {sort:7.1f} ms")

    def planned(strategy: ReexecutionStrategy, on: PipelineSnapshot) -> Plan:
        request = ReexecutionRequest(strategy=strategy, mode="default", run_config=CONFIG)
        # As read anew: nothing is kept from the plan before.
        return plan_reexecution(on, Lineage(lineage.runs), request)

    from_failure = best(lambda: planned(ReexecutionStrategy.FROM_FAILURE, snapshot))
    plan = planned(ReexecutionStrategy.FROM_FAILURE, snapshot)
    assert 1 < len(plan.executed) < WIDTH * 2
    assert not plan.warnings
    ratio = from_failure / sort
    print(
        f"from failure, {len(plan.executed):,} steps:          {from_failure:7.1f} ms, {ratio:.1f} times (bar {BAR:g})"
    )
    edited = tuple(replace(one, code_version="2") if one.key == "s50_7" else one for one in snapshot.steps)
    changed = replace(snapshot, steps=edited)
    from_changed = best(lambda: planned(ReexecutionStrategy.FROM_CHANGED, changed))
    count = len(planned(ReexecutionStrategy.FROM_CHANGED, changed).executed)
    print(f"from changed, {count:,} steps:       {from_changed:7.1f} ms, {from_changed / sort:.1f} times")
    return 0 if ratio <= BAR else 1


if __name__ == "__main__":
    sys.exit(main())
