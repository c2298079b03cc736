"""What planning a re-execution costs: the plan itself, its selection, its answer over HTTP, and what a launch writes.

Bars: from failure on 10,000 steps in layers with five ancestors, 10 topological sorts by networkx, where every step
knows what it was made from and is compared with it; *x* in 100,000 steps, three times networkx's two walks;
reexecutionPlan for 1,000 steps and 20 ancestors, 150 ms; 3 steps of 10,000 executed again, 60 rows and 64 kB.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import networkx as nx  # noqa: E402 - as above
from msgspec.structs import replace  # noqa: E402

from bench import planning_previews, planning_selections, planning_writes  # noqa: E402
from bench.measuring import best_of_each, told  # noqa: E402
from bench.planned import CONFIG, WIDTH, history, layered  # noqa: E402
from dalsegno.plan.plan import Plan  # noqa: E402
from dalsegno.plan.reexecution import ReexecutionRequest, plan_reexecution  # noqa: E402
from dalsegno.runs.lineage import Lineage  # noqa: E402
from dalsegno.runs.status import ReexecutionStrategy  # noqa: E402
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot  # noqa: E402

BAR = 10.0  # times the sort
LAYERS, ANCESTORS = 100, 5
ROUNDS = 9


def measure() -> bool:
    """Print the figures of the plan itself; whether the bar holds."""
    snapshot = layered(LAYERS)
    lineage = history(snapshot, ANCESTORS)
    graph = nx.DiGraph()
    graph.add_nodes_from(snapshot.graph)
    graph.add_edges_from((above, key) for key, upstream in snapshot.graph.upstream.items() for above in upstream)
    edited = tuple(replace(one, code_version="2") if one.key == "s50_7" else one for one in snapshot.steps)
    changed = replace(snapshot, steps=edited)

    def planned(strategy: ReexecutionStrategy, on: PipelineSnapshot) -> Plan:
        request = ReexecutionRequest(strategy=strategy, mode="default", run_config=CONFIG)
        # As read anew: nothing is kept from the plan before.
        return plan_reexecution(on, Lineage(lineage.runs), request)

    sort, from_failure, from_changed = best_of_each(
        ROUNDS,
        lambda: list(nx.topological_sort(graph)),
        lambda: planned(ReexecutionStrategy.FROM_FAILURE, snapshot),
        lambda: planned(ReexecutionStrategy.FROM_CHANGED, changed),
    )
    plan = planned(ReexecutionStrategy.FROM_FAILURE, snapshot)
    assert 1 < len(plan.executed) < WIDTH * 2
    assert not plan.warnings
    count = len(planned(ReexecutionStrategy.FROM_CHANGED, changed).executed)
    print(f"planning on {len(snapshot.steps):,} steps, {graph.number_of_edges():,} edges, {ANCESTORS} ancestors")
    print(f"{'  networkx, one topological sort':42} {sort:.1f} ms")
    figure = f"{from_failure:.0f} ms, {from_failure / sort:.1f} times"
    held = told(f"  from failure, {len(plan.executed):,} steps", figure, from_failure / sort, BAR, "times")
    print(f"{f'  from changed, {count:,} steps':42} {from_changed:.0f} ms, {from_changed / sort:.1f} times")
    return held


def main() -> int:
    """Print the figures; 1 where a bar is missed."""
    parts = (measure, planning_selections.measure, planning_previews.measure, planning_writes.measure)
    held = [part() for part in parts]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
