"""Who is upstream of whom, and within which scope."""

from __future__ import annotations

from tests.drawing import draw

#     a -> b -> c -> e
#          b -> d -> e -> f
GRAPH = draw("a -> b -> c -> e; b -> d -> e -> f").graph


def test_iteration_is_in_topological_order():
    assert list(GRAPH) == ["a", "b", "c", "d", "e", "f"]
    assert (len(GRAPH), "c" in GRAPH, "x" in GRAPH) == (6, True, False)


def test_within_a_scope_edges_that_leave_it_are_cut():
    scope = GRAPH.within({"a", "c", "e", "f"})
    assert list(scope) == ["a", "c", "e", "f"]
    assert scope.upstream == {"a": (), "c": (), "e": ("c",), "f": ("e",)}
    assert scope.downstream["a"] == ()
    assert GRAPH.within(set(GRAPH)) is GRAPH


def test_order_only_edges_and_fan_ins_count_and_doubles_count_once():
    graph = draw("[a b] => c; a ~> c; a -> c").graph
    assert graph.upstream["c"] == ("a", "b")
    assert graph.downstream == {"a": ("c",), "b": ("c",), "c": ()}
