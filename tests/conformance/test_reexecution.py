"""Every recorded scenario, played on the public Python API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dalsegno import Instance
from tests.conformance.cases import Case, load, parametrised
from tests.conformance.in_process import InProcess
from tests.conformance.records import compared, expected_records
from tests.conformance.scenario import play

CASES = load("reexecution")
COMPARED = [case for case in CASES if "not_compared" not in case]


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    with Instance.ephemeral() as ephemeral:
        yield ephemeral


@parametrised(COMPARED)
def test_every_run_of_a_scenario_comes_to_what_is_expected(case: Case, instance: Instance) -> None:
    expected = expected_records(case)
    records = play(case, InProcess(instance))
    assert compared(records, expected) == dict(enumerate(expected))


def test_a_case_that_is_not_compared_gives_its_reason() -> None:
    left_out = {case["id"]: case["not_compared"] for case in CASES if "not_compared" in case}
    assert len(CASES) == 244
    assert len(left_out) == 6
    assert all(left_out.values())
