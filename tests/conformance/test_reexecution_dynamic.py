"""Every recorded scenario with mapped steps, played on the public Python API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dalsegno import Instance
from tests.conformance.cases import Case, load, parametrised
from tests.conformance.dynamic_pipelines import DynamicInProcess
from tests.conformance.dynamic_records import OURS, compared, expected_of
from tests.conformance.scenario import play

CASES = load("reexecution_dynamic")
# What marks the cases in which Dalsegno may decide otherwise: README.md says how, and why.
TRAITS = {
    "element_forgotten",
    "collect_of_part",
    "element_with_generator_refused",
    "bare_mapped_name_refused",
    # Differences 1 to 3.
    "input_missing",
    "skip_beats_failure",
    "from_failure_of_selection",
}


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    with Instance.ephemeral() as ephemeral:
        yield ephemeral


@parametrised(CASES)
def test_every_run_of_a_scenario_comes_to_what_is_expected(case: Case, instance: Instance) -> None:
    expected = expected_of(case)
    assert compared(play(case, DynamicInProcess(instance)), expected) == expected


def test_what_is_decided_otherwise_has_its_reason_and_a_trait_that_allows_it() -> None:
    by_id = {case["id"]: case for case in CASES}
    assert len(CASES) == 70
    assert len(OURS) <= 17
    for case_id, decided in OURS.items():
        assert decided["reason"]
        assert TRAITS.intersection(by_id[case_id]["traits"])
        assert any(decided["ours"])
