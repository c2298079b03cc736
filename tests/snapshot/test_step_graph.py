"""Who is upstream of whom, how far, and within which scope."""

from __future__ import annotations

import pytest

from tests.drawing import draw

#     a -> b -> c -> e
#          b -> d -> e -> f
GRAPH = draw("a -> b -> c -> e; b -> d -> e -> f").graph


@pytest.mark.parametrize(
    ("key", "levels", "upstream", "downstream"),
    [
        ("a", None, "", "b c d e f"),
        ("b", 1, "a", "c d"),
        ("b", 2, "a", "c d e"),
        ("e", 1, "c d", "f"),
        ("e", None, "a b c d", "f"),
        ("f", 0, "", ""),
        ("f", 99, "a b c d e", ""),
    ],
)
def test_levels_count_edges_and_none_means_all(key, levels, upstream, downstream):
    assert GRAPH.upstream_of(key, levels) == set(upstream.split())
    assert GRAPH.downstream_of(key, levels) == set(downstream.split())


def test_iteration_is_in_topological_order():
    assert list(GRAPH) == ["a", "b", "c", "d", "e", "f"]
    assert (len(GRAPH), "c" in GRAPH, "x" in GRAPH) == (6, True, False)


def test_within_a_scope_edges_that_leave_it_are_cut():
    scope = GRAPH.within({"a", "c", "e", "f"})
    assert list(scope) == ["a", "c", "e", "f"]
    assert scope.upstream_of("f") == {"c", "e"}
    assert scope.downstream_of("a") == set()
    assert GRAPH.within(set(GRAPH)) is GRAPH


def test_order_only_edges_and_fan_ins_count_and_doubles_count_once():
    graph = draw("[a b] => c; a ~> c; a -> c").graph
    assert graph.upstream["c"] == ("a", "b")
    assert graph.downstream == {"a": ("c",), "b": ("c",), "c": ()}
