"""Which steps a name or a pattern of names means in a scope; where none, why not, with close names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import translate
from functools import cached_property

from dalsegno.errors import InvalidSelectionError
from dalsegno.plan.mapped_steps import ALL_ELEMENTS, MappedStep, elements_of, step_of, whole
from dalsegno.plan.selection_parser import joined_forms
from dalsegno.plan.selection_refusals import refusal
from dalsegno.plan.selection_tokens import RESERVED, shown, written
from dalsegno.plan.selection_tree import NamePattern, StepName
from dalsegno.snapshot.step_graph import StepGraph


class StepNames:
    """The names of one scope: those of its steps, of mapped steps and of their elements."""

    def __init__(self, steps: StepGraph, pipeline: StepGraph, mapped: Mapping[str, MappedStep]) -> None:
        # With elements for mapped steps.
        self._steps = steps
        self._pipeline = pipeline
        self._mapped = mapped

    def named(self, name: StepName) -> tuple[str, ...]:
        """The key, or all elements of a mapped step."""
        if name.key in self._steps:
            return (name.key,)
        elements = self._elements.get(name.key.removesuffix(ALL_ELEMENTS))
        if elements is None:
            raise self._unknown(name)
        return elements

    def fitting(self, name: NamePattern) -> set[str]:
        """Every key that fits; all elements of a mapped step whose own name does."""
        found = set(_fitting(name.pattern, self._steps))
        for pattern in {name.pattern, name.pattern.removesuffix(ALL_ELEMENTS)}:
            for key in _fitting(pattern, self._elements):
                found.update(self._elements[key])
        if not found:
            raise self._nothing_fits(name)
        return found

    @cached_property
    def _elements(self) -> dict[str, tuple[str, ...]]:
        """By each mapped step of the scope."""
        keys = (key for key in self._pipeline if key in self._mapped)
        found = {key: elements_of(key, self._mapped) for key in keys}
        return {key: elements for key, elements in found.items() if elements[0] in self._steps}

    def _unknown(self, name: StepName) -> InvalidSelectionError:
        step = step_of(name.key)
        if name.key in self._pipeline or (step != name.key and step in self._mapped and step not in self._elements):
            return refusal(
                f"The step {shown(name.key)} is outside the run group's scope: its first run's selection does not "
                "pick it.",
                name.place,
            )
        if step in self._elements:
            mapped = self._mapped[step]
            if mapped.elements is None:
                problem = f"The elements of {shown(step)} are not known before {shown(mapped.generator)} has succeeded."
                return refusal(problem, name.place, (whole(step),))
            problem = f"The step {shown(step)} has no element {shown(name.key)}."
            return refusal(problem, name.place, self._close(name.key, mapped.elements) or (whole(step),))
        perhaps = joined_forms(name.place)
        if name.key.casefold() in RESERVED and name.place.text[name.place.start] != '"':
            perhaps = (name.key.casefold(),)
        return refusal(
            f"No step is named {shown(name.key)}.", name.place, (*perhaps, *self._close(name.key, self._known()))
        )

    def _nothing_fits(self, name: NamePattern) -> InvalidSelectionError:
        if any(_fitting(name.pattern, self._pipeline)):
            problem = f"Only steps outside the run group's scope fit {shown(name.pattern)}."
            return refusal(problem, name.place)
        close = self._close(name.pattern.strip("*?"), self._known())
        return refusal(f"No step's name fits {shown(name.pattern)}.", name.place, close)

    def _known(self) -> Iterable[str]:
        return (*self._elements, *self._steps)

    def _close(self, key: str, known: Iterable[str]) -> tuple[str, ...]:
        by_folded: dict[str, list[str]] = {}
        for one in known:
            by_folded.setdefault(one.casefold(), []).append(one)
        close = get_close_matches(key.casefold(), by_folded)
        return tuple(written(one) for folded in close for one in by_folded[folded])


def _fitting(pattern: str, keys: Iterable[str]) -> Iterable[str]:
    """Keys that fit a pattern of `*` and `?` alone; a bracket is a sign like any other."""
    candidates = tuple(keys)
    if len(pattern.replace("*", "")) > max(map(len, candidates), default=0):
        # Not even compiled: a pattern may be very long.
        return ()
    return filter(re.compile(translate(pattern.replace("[", "[[]"))).match, candidates)
