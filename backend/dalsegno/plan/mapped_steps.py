"""Steps that run once for each key that a generator made: their elements, and the graph in which each is a node.

`work` mapped over the keys k1 and k2 has the elements `work[k1]` and `work[k2]`; `work[?]` stands for all of them, and
for the whole step where there is none (yet).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from dalsegno.snapshot.step_graph import StepGraph

ALL_ELEMENTS = "[?]"


class MappedStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step that runs once per key."""

    # The step that makes the keys.
    generator: str
    # The elements' step keys, as the attempt of the generator that succeeded recorded them; None: not expanded.
    elements: tuple[str, ...] | None = None


def elements_of(key: str, mapped: Mapping[str, MappedStep]) -> tuple[str, ...]:
    """What stands for a pipeline's step in the graph of elements: mapped steps as their elements, else as `work[?]`."""
    if key not in mapped:
        return (key,)
    return mapped[key].elements or (whole(key),)


def whole(key: str) -> str:
    """All elements of a mapped step: `work[?]`."""
    return f"{key}{ALL_ELEMENTS}"


def step_of(key: str) -> str:
    """The pipeline's step that an element belongs to: `work` of `work[k1]` and of `work[?]`; any other as it is."""
    return key.partition("[")[0]


def element_graph(graph: StepGraph, mapped: Mapping[str, MappedStep]) -> StepGraph:
    """The graph with elements in place of mapped steps.

    Where both ends of an edge are mapped over the same generator, it leads from each element to that of the same key;
    any other edge binds all of one end to all of the other.
    """
    if not mapped:
        return graph
    found: dict[str, tuple[str, ...]] = {}
    for key, parents in graph.upstream.items():
        for element in elements_of(key, mapped):
            upstream: list[str] = []
            for parent in parents:
                if _goes_by_key(parent, key, mapped):
                    upstream.append(parent + element.removeprefix(key))
                else:
                    upstream.extend(elements_of(parent, mapped))
            found[element] = tuple(upstream)
    return StepGraph(found)


def whole_where_generated(picked: Iterable[str], mapped: Mapping[str, MappedStep]) -> tuple[str, ...]:
    """To execute a generator is to execute all elements: where it is picked too, `work[?]` stands for any of them."""
    keys = tuple(picked)
    if not mapped:
        return keys
    generators = frozenset(keys)

    def executed(key: str) -> str:
        step = step_of(key)
        return whole(step) if step in mapped and mapped[step].generator in generators else key

    return tuple(dict.fromkeys(map(executed, keys)))


def _goes_by_key(parent: str, key: str, mapped: Mapping[str, MappedStep]) -> bool:
    return parent in mapped and key in mapped and mapped[parent].generator == mapped[key].generator
