"""Records as JSON documents for other tools."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import msgspec

from dalsegno.plan.plan import Plan


def as_document(value: Any) -> Any:
    """The value in JSON's own types: records with every field, times in ISO 8601 in UTC."""
    if isinstance(value, Plan):
        return {"plan_id": value.id, **_fields(value)}
    if isinstance(value, msgspec.Struct):
        return _fields(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Mapping):
        return {str(key): as_document(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_document(one) for one in value]
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


@contextmanager
def document_on_stdout() -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Keep standard output for one document, which the function given prints; all else that is printed goes to
    standard error, even where a library writes past Python.
    """
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with open(kept, "w", encoding="utf-8", closefd=False) as stdout:

            def print_document(parts: Mapping[str, Any]) -> None:
                json.dump(as_document(parts), stdout, indent=2, ensure_ascii=False)
                stdout.write("\n")

            yield print_document
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


def _fields(record: msgspec.Struct) -> dict[str, Any]:
    return {name: as_document(getattr(record, name)) for name in record.__struct_fields__}
