"""Every recorded scenario with mapped steps, played on the public Python API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dalsegno import Instance
from tests.conformance.cases import Case, load, parametrised
from tests.conformance.dynamic_pipelines import DynamicInProcess
from tests.conformance.records import Record, expected_records
from tests.conformance.scenario import play

CASES = load("reexecution_dynamic")
# By id of a case: {"reason", "ours": [record, or null where what was recorded holds]}.
OURS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "cases" / "reexecution_dynamic_ours.json").read_text("utf-8")
)
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
COMPARED = ("launched", "status", "parent", "root", "executed", "steps", "sources", "reason", "missing")


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    with Instance.ephemeral() as ephemeral:
        yield ephemeral


@parametrised(CASES)
def test_every_run_of_a_scenario_comes_to_what_is_expected(case: Case, instance: Instance) -> None:
    decided = OURS.get(case["id"], {}).get("ours", [None] * len(case["runs"]))
    expected = [_compared(one) for one in expected_records({**case, "ours": decided})]
    played = [_compared(one) for one in play(case, DynamicInProcess(instance))]
    # Of a recorded refusal only counts that it was one.
    assert [
        {name: value for name, value in record.items() if record["launched"] or name in wanted}
        for record, wanted in zip(played, expected, strict=True)
    ] == expected


def test_what_is_decided_otherwise_has_its_reason_and_a_trait_that_allows_it() -> None:
    by_id = {case["id"]: case for case in CASES}
    assert len(CASES) == 70
    assert len(OURS) <= 17
    for case_id, decided in OURS.items():
        assert decided["reason"]
        assert TRAITS.intersection(by_id[case_id]["traits"])
        assert any(decided["ours"])


def _compared(record: Record) -> Record:
    """The parts that cases speak of: of elements, those that had to do with the run."""
    found = {name: record[name] for name in COMPARED if name in record}
    if "steps" in found:
        found["steps"] = _without_untouched_elements(found["steps"])
    return found


def _without_untouched_elements(steps: Mapping[str, str]) -> dict[str, str]:
    return {key: state for key, state in steps.items() if not (key.endswith("]") and _is_untouched(key, state))}


def _is_untouched(key: str, state: str) -> bool:
    return state == "not_run" or key.endswith("[?]")
