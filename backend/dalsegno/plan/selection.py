"""Which steps a selection picks: its tree resolved over the step graph of a scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import NoReturn

from dalsegno.errors import InvalidSelectionError
from dalsegno.plan.selection_parser import (
    AnyOf,
    EveryStep,
    StepName,
    WithLevels,
    parse_selection,
    refusal,
    shown,
    written,
)
from dalsegno.snapshot.step_graph import StepGraph
from dalsegno.snapshot.step_keys import step_name


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


def resolve_selection(selection: object, graph: StepGraph, *, everything: StepGraph | None = None) -> tuple[str, ...]:
    """The keys that a selection picks, never none, in the graph's topological order.

    `graph` is the scope: operators stop at its edge. `everything` is the graph of the whole pipeline, by which a step
    outside the scope is told from one that does not exist. InvalidSelectionError says what does not resolve, and where.
    """
    tree = parse_selection(normalise_texts(selection))
    picked = _pick(tree, graph, everything or graph)
    if not picked:
        raise _no_clause("The selection picks no step: there is none to pick from.")
    return tuple(key for key in graph if key in picked)


def _pick(tree: AnyOf, graph: StepGraph, everything: StepGraph) -> set[str]:
    # One pass over the graph each way, however many clauses there are.
    upstream: dict[str, int] = {}
    downstream: dict[str, int] = {}
    for clause in tree.operands:
        for key in _keys_of(clause, graph, everything):
            upstream[key] = max(clause.upstream, upstream.get(key, 0))
            downstream[key] = max(clause.downstream, downstream.get(key, 0))
    _spread(upstream, reversed(tuple(graph)), graph.upstream)
    _spread(downstream, graph, graph.downstream)
    return upstream.keys() | downstream.keys()


def _spread(levels: dict[str, int], order: Iterable[str], edges: Mapping[str, tuple[str, ...]]) -> None:
    """Adds what the keys reach along the edges in at most the levels that each has left; `order` follows the edges."""
    for key in order:
        left = levels.get(key, 0)
        if left:
            for near in edges[key]:
                levels[near] = max(left - 1, levels.get(near, 0))


def _keys_of(clause: WithLevels, graph: StepGraph, everything: StepGraph) -> Iterable[str]:
    match clause.operand:
        case EveryStep():
            return graph
        case StepName() as name:
            return _named(name, graph) or _refuse_name(name, graph, everything)


def _named(name: StepName, graph: StepGraph) -> tuple[str, ...]:
    """The rows of that name: one, or all elements of a mapped step, written `work` or `work[?]`; none where unknown."""
    if name.key in graph:
        return (name.key,)
    return graph.rows_of_mapped.get(name.key.removesuffix("[?]"), ())


def _refuse_name(name: StepName, graph: StepGraph, everything: StepGraph) -> NoReturn:
    raise _not_found(name, graph, everything)


def _not_found(name: StepName, graph: StepGraph, everything: StepGraph) -> InvalidSelectionError:
    if _named(name, everything):
        return refusal(
            f"The step {shown(name.key)} is outside the run group's scope: its first run's selection does not pick it.",
            name.place,
        )
    rows = graph.rows_of_mapped.get(step_name(name.key), ())
    if rows:
        listed = ", ".join(map(shown, rows[:5]))
        problem = f"The mapped step {shown(step_name(name.key))} has no such element; it has {listed}"
        return refusal(
            f"{problem}{', ...' if len(rows) > 5 else ''}.", name.place, tuple(get_close_matches(name.key, rows))
        )
    close = (*name.alternatives, *map(written, _close_keys(name.key, graph)))
    return refusal(f"No step is named {shown(name.key)}.", name.place, close)


def _close_keys(key: str, graph: Iterable[str]) -> list[str]:
    by_folded: dict[str, list[str]] = {}
    for known in graph:
        by_folded.setdefault(known.casefold(), []).append(known)
    return [known for folded in get_close_matches(key.casefold(), by_folded) for known in by_folded[folded]]


def _no_clause(problem: str, *, text_index: int = 0) -> InvalidSelectionError:
    return InvalidSelectionError(problem=problem, clause="", text_index=text_index)


def _kind_of(value: object) -> str:
    return "None" if value is None else f"of type {type(value).__name__}"
