"""The recorded cases, and what is expected of each."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

# A case as it stands in its file; README.md says what it holds.
Case = dict[str, Any]

_FOLDER = Path(__file__).parent / "cases"


def load(name: str) -> list[Case]:
    """Every case of a file."""
    with (_FOLDER / f"{name}.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def parametrised(cases: Iterable[Case]) -> Any:
    """Run a test once a case, under the case's id and title."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=_readable_id(case)) for case in cases])


def _readable_id(case: Case) -> str:
    about = case.get("title") or case.get("category") or case["kind"]
    return f"{case['id']} {about}".replace("::", ":")
