"""The steps of a snapshot as plans and runs list them: a mapped step whose mapping keys are known has a row for each.

A row is a plain step; an element of a mapped step, `work[k1]`; or, where its mapping keys are not known or there are
none, the mapped step as a whole, `work[?]`. Rows are steps of a snapshot still, connected to each other by their keys,
so that whoever walks steps need not know of elements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import msgspec
from msgspec.structs import replace

from dalsegno.snapshot.pipeline_snapshot import (
    ElementRef,
    InputSnapshot,
    OutputRef,
    PipelineSnapshot,
    StepSnapshot,
)
from dalsegno.snapshot.step_graph import StepGraph
from dalsegno.snapshot.step_keys import ANY_KEY, element_key, step_name

# By dynamic output, the mapping keys of its elements, in the order in which they were given; an output that is not in
# it is not expanded.
Expansions = Mapping[OutputRef, tuple[str, ...]]


class StepRows(msgspec.Struct, frozen=True, dict=True):
    """The rows of a snapshot, in topological order; those of one mapped step stand together, in the order of its keys.

    `expansions` are those that the rows were made with, of outputs that something is mapped over, or collects.
    """

    snapshot: PipelineSnapshot
    expansions: Expansions
    steps: tuple[StepSnapshot, ...]

    @cached_property
    def by_key(self) -> Mapping[str, StepSnapshot]:
        """The rows by their keys."""
        return {step.key: step for step in self.steps}

    @cached_property
    def graph(self) -> StepGraph:
        """Who is upstream of whom, order-only edges included; it knows which rows a mapped step has."""
        if self.steps is self.snapshot.steps:
            return self.snapshot.graph
        return StepGraph(
            {
                step.key: tuple(dict.fromkeys(ref.step_key for one in step.inputs for ref in one.sources))
                for step in self.steps
            },
            self._rows_of_mapped,
        )

    @cached_property
    def _rows_of_mapped(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for step in self.steps:
            if step.mapped_over is not None:
                found.setdefault(step_name(step.key), []).append(step.key)
        return {name: tuple(keys) for name, keys in found.items()}

    def is_over_nothing(self, ref: OutputRef) -> bool:
        """The output stands for the elements of a dynamic output, and there are none."""
        over = ref if ref.element == ANY_KEY else self.by_key[ref.step_key].mapped_over
        return over is not None and self.expansions.get(OutputRef(over.step_key, over.output_name)) == ()


def rows_of(snapshot: PipelineSnapshot, expansions: Expansions) -> StepRows:
    """The rows of a snapshot where the dynamic outputs have these elements."""
    if not snapshot.generators:
        return StepRows(snapshot, {}, snapshot.steps)
    known = {ref: expansions[ref] for ref in snapshot.dynamic_outputs if ref in expansions}
    return StepRows(snapshot, known, tuple(row for step in snapshot.steps for row in _rows(snapshot, step, known)))


def _rows(snapshot: PipelineSnapshot, step: StepSnapshot, known: Expansions) -> Iterable[StepSnapshot]:
    over = step.mapped_over
    if over is None:
        inputs = tuple(_input(snapshot, one, None, known) for one in step.inputs)
        # Most steps have nothing to do with elements, and stay the very same.
        is_same = all(made is one for made, one in zip(inputs, step.inputs, strict=True))
        return (step if is_same else replace(step, inputs=inputs),)
    # What it collects is the same for all its elements.
    collected = {one.name: _input(snapshot, one, None, known) for one in step.inputs if one.is_collect}
    return (
        replace(
            step,
            key=element_key(step.key, key),
            inputs=tuple(collected.get(one.name) or _input(snapshot, one, key, known) for one in step.inputs),
        )
        for key in known.get(over) or (ANY_KEY,)
    )


def _input(snapshot: PipelineSnapshot, one: InputSnapshot, key: str | None, known: Expansions) -> InputSnapshot:
    """An input of the row of element `key`; of a step that is not mapped where that is None."""
    sources = tuple(row_ref for ref in one.sources for row_ref in _sources(snapshot, one, ref, key, known))
    return one if sources == one.sources else replace(one, sources=sources)


def _sources(
    snapshot: PipelineSnapshot, one: InputSnapshot, ref: OutputRef, key: str | None, known: Expansions
) -> Iterable[OutputRef]:
    elements_of = snapshot.elements_of(ref)
    if elements_of is None:
        return (ref,)
    keys = (known.get(elements_of) or (ANY_KEY,)) if one.is_collect else (key or ANY_KEY,)
    if ref == elements_of:
        return [ElementRef(ref.step_key, ref.output_name, each) for each in keys]
    return [OutputRef(element_key(ref.step_key, each), ref.output_name) for each in keys]
