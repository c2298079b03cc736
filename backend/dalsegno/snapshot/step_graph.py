"""The graph of a pipeline's step keys: who is upstream, who is downstream, within a scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from functools import cached_property

import msgspec

# One key in so many is few.
_FEW = 16


class StepGraph(msgspec.Struct, frozen=True, dict=True):
    """Step keys, each with the keys directly upstream of it. Iteration is in topological order.

    Plain dicts rather than networkx: planning a re-execution walks every edge once, and building a DiGraph alone
    costs more than the whole plan.
    """

    upstream: Mapping[str, tuple[str, ...]]
    # Of a mapped step, by the name that it has in the definition: the keys of its rows.
    rows_of_mapped: Mapping[str, tuple[str, ...]] = {}

    @cached_property
    def downstream(self) -> Mapping[str, tuple[str, ...]]:
        """Each key with the keys directly downstream of it."""
        children: dict[str, list[str]] = {key: [] for key in self.upstream}
        for key, parents in self.upstream.items():
            for parent in parents:
                children[parent].append(key)
        return {key: tuple(found) for key, found in children.items()}

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each key stands in topological order."""
        return {key: place for place, key in enumerate(self.upstream)}

    def in_order(self, keys: Set[str]) -> tuple[str, ...]:
        """Keys of the graph in topological order."""
        # To sort a few is quicker than to look at all.
        if len(keys) * _FEW < len(self):
            return tuple(sorted(keys, key=self.places.__getitem__))
        return tuple(key for key in self.upstream if key in keys)

    def __iter__(self):  # type: ignore[no-untyped-def]  # a Struct may not inherit Iterable[str]
        return iter(self.upstream)

    def __len__(self) -> int:
        return len(self.upstream)

    def __contains__(self, key: object) -> bool:
        return key in self.upstream

    def within(self, scope: Iterable[str]) -> StepGraph:
        """The subgraph of these keys: edges that leave it are cut."""
        inside = frozenset(scope)
        if len(inside) == len(self.upstream):
            return self
        return StepGraph(
            {
                key: parents if inside.issuperset(parents) else tuple(filter(inside.__contains__, parents))
                for key, parents in self.upstream.items()
                if key in inside
            },
            {
                name: rows
                for name, keys in self.rows_of_mapped.items()
                if (rows := tuple(key for key in keys if key in inside))
            },
        )
