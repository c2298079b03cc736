"""Every recorded selection, resolved."""

from __future__ import annotations

from graphlib import TopologicalSorter

import pytest

from dalsegno.errors import InvalidSelectionError
from dalsegno.plan.selection import select_steps
from dalsegno.snapshot.step_graph import StepGraph
from tests.conformance.cases import Case, load, parametrised

CASES = load("selection")


def graph_of(case: Case) -> StepGraph:
    upstream: dict[str, list[str]] = case["graph"]
    return StepGraph({key: tuple(upstream[key]) for key in TopologicalSorter(upstream).static_order()})


def expected_of(case: Case) -> list[str] | None:
    """The keys in alphabetical order; None: refused."""
    expected: list[str] | None = case["ours"] if "ours" in case else case["expected"]
    return expected


@parametrised(case for case in CASES if expected_of(case) is not None)
def test_a_selection_picks_what_is_expected(case: Case) -> None:
    graph = graph_of(case)
    picked = select_steps(case["selection"], graph)
    assert sorted(picked) == expected_of(case)
    assert list(picked) == [key for key in graph if key in picked]


@parametrised(case for case in CASES if expected_of(case) is None)
def test_a_selection_without_meaning_is_refused(case: Case) -> None:
    with pytest.raises(InvalidSelectionError) as caught:
        select_steps(case["selection"], graph_of(case))
    assert caught.value.problem


def test_every_case_is_compared() -> None:
    assert len(CASES) == 553
