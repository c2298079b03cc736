"""What is expected of cases with mapped steps, and how records of them are compared."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.conformance.cases import Case
from tests.conformance.records import Record, expected_records

# By id of a case: {"reason", "ours": [record, or null where what was recorded holds]}.
OURS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "cases" / "reexecution_dynamic_ours.json").read_text("utf-8")
)
_COMPARED = ("launched", "status", "parent", "root", "executed", "steps", "sources", "reason", "missing")


def expected_of(case: Case) -> list[Record]:
    """What each run of the case is to come to."""
    decided = OURS.get(case["id"], {}).get("ours", [None] * len(case["runs"]))
    return [_compared(one) for one in expected_records({**case, "ours": decided})]


def compared(played: Iterable[Record], expected: Iterable[Record]) -> list[Record]:
    """The parts of what was played that are expected. Of a recorded refusal only counts that it was one."""
    return [
        {name: value for name, value in record.items() if record["launched"] or name in wanted}
        for record, wanted in zip(map(_compared, played), expected, strict=True)
    ]


def _compared(record: Record) -> Record:
    """The parts that cases speak of: of elements, those that had to do with the run."""
    found = {name: record[name] for name in _COMPARED if name in record}
    if "steps" in found:
        found["steps"] = _without_untouched_elements(found["steps"])
    return found


def _without_untouched_elements(steps: Mapping[str, str]) -> dict[str, str]:
    return {key: state for key, state in steps.items() if not (key.endswith("]") and _is_untouched(key, state))}


def _is_untouched(key: str, state: str) -> bool:
    return state == "not_run" or key.endswith("[?]")
