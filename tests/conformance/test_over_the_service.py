"""Recorded scenarios once more, each run launched over GraphQL and executed by a worker."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.conformance import dynamic_records
from tests.conformance.cases import Case, load, parametrised
from tests.conformance.over_the_service import OverTheService, Theatre, open_theatre
from tests.conformance.records import compared, expected_records
from tests.conformance.scenario import play

COMPARED = [case for case in load("reexecution") if "not_compared" not in case]
SAMPLE_SIZE = 60
ALL_BY = "DALSEGNO_TEST_ALL_CASES"


def sample(cases: list[Case]) -> list[Case]:
    """All that Dalsegno decides on its own, the first of each other category, and others at equal distances."""
    categories = {case["category"]: case["id"] for case in reversed(cases) if "ours" not in case}
    chosen = {case["id"] for case in cases if "ours" in case or case["id"] == categories.get(case["category"])}
    others = [case["id"] for case in cases if case["id"] not in chosen]
    missing = SAMPLE_SIZE - len(chosen)
    chosen.update(others[number * len(others) // missing] for number in range(missing))
    return [case for case in cases if case["id"] in chosen]


def sample_of_dynamic(cases: list[Case]) -> list[Case]:
    """The first case of each trait, and of those without one."""
    first: dict[str, str] = {}
    for case in cases:
        for trait in case["traits"] or ["none"]:
            first.setdefault(trait, case["id"])
    return [case for case in cases if case["id"] in first.values()]


DYNAMIC = load("reexecution_dynamic")
PLAYED = COMPARED if os.environ.get(ALL_BY) else sample(COMPARED)
PLAYED_DYNAMIC = DYNAMIC if os.environ.get(ALL_BY) else sample_of_dynamic(DYNAMIC)


@pytest.fixture(scope="module")
def theatre(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """On each database."""
    with open_theatre(tmp_path_factory.mktemp("theatre"), module_database_url, [*PLAYED, *PLAYED_DYNAMIC]) as opened:
        yield opened


@parametrised(PLAYED)
def test_every_run_of_a_scenario_comes_to_what_is_expected_over_the_service(case: Case, theatre: Theatre) -> None:
    expected = expected_records(case)
    records = play(case, OverTheService(theatre, case))
    assert compared(records, expected) == dict(enumerate(expected))


@parametrised(PLAYED_DYNAMIC)
def test_every_run_of_a_scenario_with_mapped_steps_comes_to_what_is_expected_over_the_service(
    case: Case, theatre: Theatre
) -> None:
    expected = dynamic_records.expected_of(case)
    assert dynamic_records.compared(play(case, OverTheService(theatre, case)), expected) == expected


def test_the_sample_has_every_category_and_every_decision_of_our_own() -> None:
    sampled = sample(COMPARED)
    assert len(sampled) == SAMPLE_SIZE
    assert {case["category"] for case in sampled} == {case["category"] for case in COMPARED}
    assert [case["id"] for case in COMPARED if "ours" in case and case not in sampled] == []
