"""Which steps a selection picks: its texts parsed, its tree worked out over the step graph within a scope."""

from __future__ import annotations

from collections.abc import Sequence

from dalsegno.errors import InvalidSelectionError
from dalsegno.plan.selection_context import SelectionContext
from dalsegno.plan.selection_evaluation import steps_picked_by
from dalsegno.plan.selection_parser import parse_selection
from dalsegno.plan.selection_scope import ScopedSteps
from dalsegno.snapshot.step_graph import StepGraph

_NOTHING_ELSE_KNOWN = SelectionContext()


def normalise_texts(selection: object) -> tuple[str, ...]:
    """The texts of a selection; a plain string is a list of one. InvalidSelectionError where it is no list of texts."""
    if isinstance(selection, str):
        return (selection,)
    if not isinstance(selection, Sequence) or isinstance(selection, bytes | bytearray | memoryview):
        raise _no_clause(f"A selection is a text, or a list of texts, not {_kind_of(selection)}.")
    if not selection:
        raise _no_clause("An empty selection picks nothing; ['*'] picks every step.")
    for index, text in enumerate(selection):
        if not isinstance(text, str):
            raise _no_clause(f"Entry {index} of the selection is {_kind_of(text)}, not a text.", text_index=index)
    return tuple(selection)


def select_steps(
    selection: object, graph: StepGraph, context: SelectionContext = _NOTHING_ELSE_KNOWN
) -> tuple[str, ...]:
    """The keys that a selection picks, perhaps none, in the order of `graph`: that of all rows of the pipeline.

    Level operators stop at the edge of the context's scope. InvalidSelectionError says what does not resolve, and
    where. Elements are picked one by one; that to execute a generator is to execute all of them is up to the plan.
    """
    tree = parse_selection(normalise_texts(selection))
    picked = steps_picked_by(tree, ScopedSteps.of(graph, context.scope), context)
    return graph.in_order(picked)


def resolve_selection(
    selection: object, graph: StepGraph, context: SelectionContext = _NOTHING_ELSE_KNOWN
) -> tuple[str, ...]:
    """The same for a launch: never none. Nothing never means everything."""
    texts = normalise_texts(selection)
    picked = select_steps(texts, graph, context)
    if not picked:
        raise InvalidSelectionError(
            problem="The selection picks no step, so there is nothing to run.", clause=texts[0], end=len(texts[0])
        )
    return picked


def _no_clause(problem: str, *, text_index: int = 0) -> InvalidSelectionError:
    return InvalidSelectionError(problem=problem, clause="", text_index=text_index)


def _kind_of(value: object) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"
