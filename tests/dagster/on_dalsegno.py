"""The pipelines of Dagster code on Dalsegno: the same text, with one import changed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from dalsegno.dagster import DagsterInstance
from tests.dagster import scenarios

_ENDS = {"SUCCESS": "success", "FAILURE": "failure", "SKIPPED": "skipped"}


def carried(source: Path, folder: Path) -> Path:
    """A copy of the file in this folder, that imports from `dalsegno.dagster`; nothing else is changed."""
    copy = folder / source.name
    copy.write_text(
        re.sub(r"^(\s*)from dagster import", r"\1from dalsegno.dagster import", source.read_text(), flags=re.M)
    )
    return copy


def play(source: Path, folder: Path) -> list[dict[str, Any]]:
    """What came of each run of the file's."""
    code, data = folder / "code", folder / "data"
    code.mkdir()
    data.mkdir()
    module = scenarios.load(carried(source, code))
    with DagsterInstance.ephemeral() as instance:
        return scenarios.play(module, instance, data, lambda job: job, _steps_of)


def _steps_of(result: Any) -> dict[str, tuple[str, int]]:
    """Of the steps that were executed, or skipped, in this run."""
    return {
        key: (_ENDS[state.status], len(state.attempts))
        for key, state in result.step_stats.items()
        # What is skipped over nothing is no step of Dagster's.
        if state.status in _ENDS and not key.endswith("[?]")
    }
