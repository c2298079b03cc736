"""Which steps a name or a pattern of names means in a scope; where none, why not, with close names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from fnmatch import translate

from dalsegno.errors import InvalidSelectionError
from dalsegno.plan.selection_parser import joined_forms
from dalsegno.plan.selection_refusals import refusal
from dalsegno.plan.selection_scope import ScopedSteps
from dalsegno.plan.selection_tokens import RESERVED, shown, written
from dalsegno.plan.selection_tree import NamePattern, StepName
from dalsegno.snapshot.step_graph import StepGraph
from dalsegno.snapshot.step_keys import ANY_KEY, element_key, step_name

_ALL_ELEMENTS = element_key("", ANY_KEY)


class StepNames:
    """The names of one scope: those of its rows, and of mapped steps for all of theirs."""

    def __init__(self, steps: ScopedSteps) -> None:
        self._steps = steps
        # By which a step outside the scope is told from one that does not exist.
        self._pipeline = steps.graph

    def named(self, name: StepName) -> tuple[str, ...]:
        """The key, or all elements of a mapped step."""
        rows = _rows_named(name.key, self._steps)
        if not rows:
            raise self._unknown(name)
        return rows

    def fitting(self, name: NamePattern) -> set[str]:
        """Every key that fits; all elements of a mapped step whose own name does."""
        found = _rows_fitting(name.pattern, self._steps)
        if not found:
            raise self._nothing_fits(name)
        return found

    def _unknown(self, name: StepName) -> InvalidSelectionError:
        step = step_name(name.key)
        elements = self._steps.rows_of_mapped.get(step, ())
        if name.key in self._pipeline or (not elements and step in self._pipeline.rows_of_mapped):
            return refusal(
                f"The step {shown(name.key)} is outside the run group's scope: its first run's selection does not "
                "pick it.",
                name.place,
            )
        if elements:
            whole = element_key(step, ANY_KEY)
            listed = ", ".join(map(shown, elements[:5])) + (
                f" and {len(elements) - 5} more" if len(elements) > 5 else ""
            )
            problem = f"The mapped step {shown(step)} has no such element; it has {listed}."
            return refusal(problem, name.place, self._close(name.key, elements) or (whole,))
        perhaps = joined_forms(name.place)
        if name.key.casefold() in RESERVED and name.place.text[name.place.start] != '"':
            perhaps = (name.key.casefold(),)
        return refusal(
            f"No step is named {shown(name.key)}.", name.place, (*perhaps, *self._close(name.key, self._known()))
        )

    def _nothing_fits(self, name: NamePattern) -> InvalidSelectionError:
        if _rows_fitting(name.pattern, self._pipeline):
            problem = f"Only steps outside the run group's scope fit {shown(name.pattern)}."
            return refusal(problem, name.place)
        close = self._close(name.pattern.strip("*?"), self._known())
        return refusal(f"No step's name fits {shown(name.pattern)}.", name.place, close)

    def _known(self) -> Iterable[str]:
        return (*self._steps.rows_of_mapped, *self._steps)

    def _close(self, key: str, known: Iterable[str]) -> tuple[str, ...]:
        by_folded: dict[str, list[str]] = {}
        for one in known:
            by_folded.setdefault(one.casefold(), []).append(one)
        close = get_close_matches(key.casefold(), by_folded)
        return tuple(written(one) for folded in close for one in by_folded[folded])


def _rows_named(key: str, steps: ScopedSteps) -> tuple[str, ...]:
    """One row, or all of a mapped step, written `work` or `work[?]`; none where the name is not known."""
    if key in steps:
        return (key,)
    return steps.rows_of_mapped.get(key.removesuffix(_ALL_ELEMENTS), ())


def _rows_fitting(pattern: str, steps: ScopedSteps | StepGraph) -> set[str]:
    found = set(_fitting(pattern, steps))
    for of_step in {pattern, pattern.removesuffix(_ALL_ELEMENTS)}:
        for step in _fitting(of_step, steps.rows_of_mapped):
            found.update(steps.rows_of_mapped[step])
    return found


def _fitting(pattern: str, keys: Iterable[str]) -> Iterable[str]:
    """Keys that fit a pattern of `*` and `?` alone; a bracket is a sign like any other."""
    candidates = tuple(keys)
    if len(pattern.replace("*", "")) > max(map(len, candidates), default=0):
        # Not even compiled: a pattern may be very long.
        return ()
    return filter(re.compile(translate(pattern.replace("[", "[[]"))).match, candidates)
