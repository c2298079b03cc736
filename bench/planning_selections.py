"""What selecting costs in a large pipeline, against the walks of networkx that find the same."""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx

from bench.measuring import best_of_each, told
from bench.planned import WIDTH, layers
from dalsegno.plan.selection import select_steps
from dalsegno.plan.selection_context import SelectionContext
from dalsegno.snapshot.step_graph import StepGraph

BAR = 3.0  # times the two walks
STEPS = 100_000
ROUNDS = 7

Upstream = Mapping[str, tuple[str, ...]]


def shapes() -> Mapping[str, tuple[Upstream, str]]:
    """By name: steps with those upstream of each, and the one that is selected with all before and after it."""
    chain: Upstream = {f"s{number}": (f"s{number - 1}",) if number else () for number in range(STEPS)}
    wide = tuple(f"w{number}" for number in range(STEPS - 2))
    fan: Upstream = {"first": (), **dict.fromkeys(wide, ("first",)), "last": wide}
    return {
        "chain": (chain, f"s{STEPS // 2}"),
        "layers": (layers(STEPS // WIDTH), f"s{STEPS // WIDTH // 2}_50"),
        "fan, from its root": (fan, "first"),
        "fan, from within": (fan, "w7"),
    }


def measure() -> bool:
    """Print the figures; whether the bar holds."""
    print(f"selecting *x* in {STEPS:,} steps, against nx.ancestors and nx.descendants")
    held = [_measure(name, upstream, key) for name, (upstream, key) in shapes().items()]
    return all(held)


def _measure(name: str, upstream: Upstream, key: str) -> bool:
    graph = StepGraph(upstream)
    same = nx.DiGraph()
    same.add_nodes_from(upstream)
    same.add_edges_from((above, one) for one, parents in upstream.items() for above in parents)
    expected = {key} | nx.ancestors(same, key) | nx.descendants(same, key)
    # All but one step: the whole would be no scope at all.
    left_out = next(one for one in reversed(upstream) if one != key)
    scope = SelectionContext(scope=frozenset(upstream.keys() - {left_out}))
    assert set(select_steps(f"*{key}*", graph)) == expected
    walks, plain, scoped = best_of_each(
        ROUNDS,
        lambda: (nx.ancestors(same, key), nx.descendants(same, key)),
        lambda: select_steps(f"*{key}*", graph),
        lambda: select_steps(f"*{key}*", graph, scope),
    )
    held = True
    for how, took in (("", plain), (", in a scope", scoped)):
        held = told(f"  {name}{how}", f"{took:.0f} ms, {took / walks:.2f} times", took / walks, BAR, "times") and held
    return held
