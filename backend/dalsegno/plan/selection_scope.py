"""The steps that a selection may pick: those of a graph that are in a scope."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Set
from functools import cached_property

import msgspec

from dalsegno.snapshot.step_graph import StepGraph


class ScopedSteps(msgspec.Struct, frozen=True, dict=True):
    """Steps of `graph`, the whole pipeline's. Iteration is in topological order.

    No graph of its own: to cut edges out of a large one costs more than to walk it, so who walks it stays inside.
    """

    graph: StepGraph
    # The keys in scope; all of them are in the graph.
    keys: Set[str]

    @staticmethod
    def of(graph: StepGraph, scope: Collection[str] | None) -> ScopedSteps:
        """Those of the graph that are in the scope; None: all."""
        is_whole = scope is None or len(scope) == len(graph)
        return ScopedSteps(graph, graph.upstream.keys() if is_whole or scope is None else frozenset(scope))

    @cached_property
    def rows_of_mapped(self) -> Mapping[str, tuple[str, ...]]:
        """Of mapped steps that have rows in scope, these."""
        return {
            name: inside
            for name, rows in self.graph.rows_of_mapped.items()
            if (inside := tuple(key for key in rows if key in self.keys))
        }

    def __iter__(self) -> Iterator[str]:
        return (key for key in self.graph if key in self.keys)

    def __len__(self) -> int:
        return len(self.keys)

    def __contains__(self, key: object) -> bool:
        return key in self.keys
