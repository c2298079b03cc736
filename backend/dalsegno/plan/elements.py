"""Planned steps once their generator has run: a mapped step for each of its elements, and what collects them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from dalsegno.plan.plan import InputSource, PlannedInput, PlannedStep
from dalsegno.snapshot.pipeline_snapshot import OutputRef
from dalsegno.snapshot.step_keys import ANY_KEY, element_key, mapping_key_of, step_name


def elements(step: PlannedStep, mapping_keys: Sequence[str]) -> Iterator[PlannedStep]:
    """The planned step of each element of a mapped one."""
    name = step_name(step.step_key)
    for key in mapping_keys:
        inputs = tuple(one if one.is_collect else _of_element(one, key) for one in step.inputs)
        yield replace(step, step_key=element_key(name, key), inputs=inputs, mapped_over=None)


def with_collected(
    step: PlannedStep, over: OutputRef, mapped: Collection[str], mapping_keys: Sequence[str]
) -> PlannedStep:
    """The step, its collecting inputs with a source for each element of `over`; `mapped` are the steps mapped over it.

    The inputs that collect nothing of it stay the same.
    """

    def of_elements(source: InputSource) -> Iterable[InputSource]:
        if not collects_of(source, over, mapped):
            return (source,)
        return (_of_source(source, key) for key in mapping_keys)

    inputs = tuple(
        replace(one, sources=tuple(each for source in one.sources for each in of_elements(source)))
        if one.is_collect
        else one
        for one in step.inputs
    )
    return replace(step, inputs=inputs)


def collects_of(source: InputSource, over: OutputRef, mapped: Collection[str]) -> bool:
    """The source stands for all elements of a dynamic output, or of one of the steps mapped over it."""
    if source.run_id is not None:
        return False
    if source.mapping_key == ANY_KEY:
        return over == OutputRef(source.step_key, source.output_name)
    return source.step_key in mapped


def mapped_steps(executed: Mapping[str, PlannedStep]) -> dict[OutputRef, list[str]]:
    """By dynamic output, the rows `work[?]` that are mapped over it and will be expanded."""
    found: dict[OutputRef, list[str]] = {}
    for key, step in executed.items():
        if step.mapped_over is not None and step.mapped_over.step_key in executed:
            found.setdefault(step.mapped_over, []).append(key)
    return found


def _of_element(one: PlannedInput, key: str) -> PlannedInput:
    sources = tuple(_of_source(source, key) for source in one.sources)
    return one if sources == one.sources else replace(one, sources=sources)


def _of_source(source: InputSource, key: str) -> InputSource:
    if source.run_id is not None:
        return source
    if source.mapping_key == ANY_KEY:
        return replace(source, mapping_key=key)
    if mapping_key_of(source.step_key) == ANY_KEY:
        return replace(source, step_key=element_key(step_name(source.step_key), key))
    return source
