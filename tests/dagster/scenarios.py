"""Pipelines of Dagster code, played on Dagster itself or on Dalsegno: what each run came to, as JSON.

Neither is imported here: this runs in the environment of either.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).parent
PIPELINES = HERE / "pipelines"
RECORDED = HERE / "recorded"

# What it came to, by step key: "success", "failure" or "skipped"; and how often it was tried.
Steps = Mapping[str, tuple[str, int]]


def sources() -> list[Path]:
    """Every file of pipelines; the folder says for which Dagster it is written."""
    return sorted(PIPELINES.glob("*/*.py"))


def name_of(source: Path) -> str:
    """As "legacy/order"."""
    return source.relative_to(PIPELINES).with_suffix("").as_posix()


def recorded(source: Path) -> Path:
    """Where what Dagster made of it is kept."""
    return (RECORDED / name_of(source)).with_suffix(".json")


def load(path: Path) -> ModuleType:
    """The module in a file, under a name of its own."""
    name = f"carried_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def play(
    module: ModuleType,
    instance: Any,
    folder: Path,
    reconstructable: Callable[[Any], Any],
    steps_of: Callable[[Any], Steps],
) -> list[dict[str, Any]]:
    """A record of each run: its status, its steps, and the values that the module has read from it.

    In values, ids of runs are told as "run 1", "run 2", ...
    """
    run_ids: dict[str, str] = {}
    records = []
    for result, values in _results(module, instance, folder, reconstructable):
        record: dict[str, Any] = {}
        if result is not None:
            run_ids.setdefault(result.run_id, f"run {len(run_ids) + 1}")
            record = {"success": result.success, "steps": {}}
            for key, (status, tries) in sorted(steps_of(result).items()):
                record["steps"][key] = status if tries <= 1 else f"{status} after {tries} tries"
        record["values"] = _named(json.loads(json.dumps(values)), run_ids)
        records.append(record)
    return records


def _results(
    module: ModuleType, instance: Any, folder: Path, reconstructable: Callable[[Any], Any]
) -> Iterator[tuple[Any, Any]]:
    yield from module.runs(instance, folder, reconstructable)


def _named(value: Any, run_ids: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _named(item, run_ids) for key, item in value.items()}
    if isinstance(value, list):
        return [_named(item, run_ids) for item in value]
    return run_ids.get(value, value) if isinstance(value, str) else value
