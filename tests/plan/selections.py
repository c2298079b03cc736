"""Drawn step graphs, and selections on them as texts of keys."""

from __future__ import annotations

import networkx as nx
import pytest

from dalsegno.errors import InvalidSelectionError
from dalsegno.plan.selection import select_steps
from dalsegno.plan.selection_context import SelectionContext
from dalsegno.snapshot.step_graph import StepGraph

NOTHING_KNOWN = SelectionContext()


def draw(text: str) -> StepGraph:
    """`a -> b -> c; b -> d` as a graph; steps in topological order, alone or in arrows."""
    drawn: nx.DiGraph[str] = nx.DiGraph()
    for chain in text.split(";"):
        nx.add_path(drawn, chain.replace(" ", "").split("->"))
    return graph_of(drawn)


def graph_of(drawn: nx.DiGraph) -> StepGraph:
    """The same as a step graph."""
    return StepGraph({key: tuple(drawn.predecessors(key)) for key in nx.lexicographical_topological_sort(drawn)})


def picked(selection: object, graph: StepGraph, context: SelectionContext = NOTHING_KNOWN) -> str:
    """The keys, with a blank between them."""
    return " ".join(select_steps(selection, graph, context))


def refused(selection: object, graph: StepGraph, context: SelectionContext = NOTHING_KNOWN) -> InvalidSelectionError:
    """The error that the selection is refused with."""
    with pytest.raises(InvalidSelectionError) as caught:
        select_steps(selection, graph, context)
    return caught.value


def answer(text: str, graph: StepGraph) -> tuple[tuple[str, ...], InvalidSelectionError | None]:
    """The keys, or the error."""
    try:
        return select_steps(text, graph), None
    except InvalidSelectionError as error:
        return (), error


def marked(text: str, error: InvalidSelectionError) -> str:
    """The place of an error as signs below the text."""
    assert 0 <= error.start <= error.end <= len(text)
    return " " * error.start + "^" * (error.end - error.start)
