"""What is different in the config that one step reads, between the run that made its output and a launch, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

_NAMED_AT_MOST = 3
# Longer values are cut.
_LONGEST_VALUE = 40
_ABSENT = "none"


def config_differences(
    before: Mapping[str, Any], after: Mapping[str, Any], step_key: str, resource_keys: Iterable[str]
) -> str:
    """`config threshold 0.5 -> 0.7, resource db config url "a" -> "b"`; empty where both read the same.

    `before` and `after` are complete run configs; `resource_keys` are the resources that the step reads.
    """
    found = [f"config {one}" for one in _differences(_step_config(before, step_key), _step_config(after, step_key))]
    for key in resource_keys:
        there, here = _resource_config(before, key), _resource_config(after, key)
        found += [f"resource {key} config {one}" for one in _differences(there, here)]
    more = len(found) - _NAMED_AT_MOST
    return ", ".join(found[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")


def _step_config(run_config: Mapping[str, Any], step_key: str) -> Any:
    return (run_config.get("steps", {}).get(step_key) or {}).get("config")


def _resource_config(run_config: Mapping[str, Any], key: str) -> Any:
    return (run_config.get("resources", {}).get(key) or {}).get("config")


def _differences(before: Any, after: Any) -> Iterator[str]:
    there, here = dict(_leaves(before, "")), dict(_leaves(after, ""))
    for path in dict.fromkeys((*there, *here)):
        old, new = there.get(path, _ABSENT), here.get(path, _ABSENT)
        if old != new:
            yield f"{path} {_cut(old)} -> {_cut(new)}".lstrip()


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Each value that is no mapping, by its path; as JSON, so that 1 and true are two things."""
    if isinstance(value, Mapping) and value:
        for name, item in value.items():
            yield from _leaves(item, f"{path}.{name}" if path else str(name))
    elif value is not None or path:
        yield path, msgspec.json.encode(value).decode()


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
