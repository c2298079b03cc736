"""Metadata of outputs as JSON, whatever authors put in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Set
from datetime import date, datetime, time
from enum import Enum
from typing import Any

# Deeper than this, and in a structure that holds itself, a value is shown as text.
MAX_DEPTH = 20


def as_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The same as JSON values. What JSON can't say becomes text: metadata is for people, and fails no step."""
    return {str(name): _as_json(value, MAX_DEPTH) for name, value in metadata.items()}


def _as_json(value: Any, depth: int) -> Any:
    if isinstance(value, Enum):
        value = value.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # Lone surrogates can't be stored as UTF-8.
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, int):
        return int(value) if -(2**63) <= value < 2**63 else str(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(float(value))
    if isinstance(value, (datetime, date, time)):
        return value.isoformat()
    if depth > 0 and isinstance(value, Mapping):
        return {str(name): _as_json(item, depth - 1) for name, item in value.items()}
    if depth > 0 and isinstance(value, (list, tuple)):
        return [_as_json(item, depth - 1) for item in value]
    if depth > 0 and isinstance(value, Set):
        return sorted((_as_json(item, depth - 1) for item in value), key=repr)
    return _scalar_or_text(value, depth)


def _scalar_or_text(value: Any, depth: int) -> Any:
    # A number of numpy says what it is as a Python number.
    if depth > 0 and type(value).__module__.partition(".")[0] == "numpy" and getattr(value, "ndim", None) == 0:
        return _as_json(value.item(), depth - 1)
    try:
        return str(value).encode("utf-8", "replace").decode("utf-8")
    except Exception as broken:  # noqa: BLE001 - an author's __str__ may raise anything
        return f"<a {type(value).__name__} that can't be shown: {type(broken).__name__}>"
