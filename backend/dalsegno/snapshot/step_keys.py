"""How step keys name the elements of mapped steps: `work[k1]`, and `work[?]` where they are not known."""

from __future__ import annotations

from collections.abc import Iterable

# Stands for the mapping keys that are not known.
ANY_KEY = "?"


def element_key(name: str, mapping_key: str) -> str:
    """The key of one element of a mapped step; with ANY_KEY, that of all of them, not known yet."""
    return f"{name}[{mapping_key}]"


def step_name(step_key: str) -> str:
    """The step's key in the definition: of `work[k1]` and of `work` it is `work`."""
    return step_key.partition("[")[0]


def mapping_key_of(step_key: str) -> str | None:
    """Which element it is, or ANY_KEY; None for a step that is not mapped."""
    _, bracket, rest = step_key.partition("[")
    return rest.removesuffix("]") if bracket else None


def step_names(step_keys: Iterable[str]) -> tuple[str, ...]:
    """The steps of the definition that these keys belong to, each once."""
    return tuple(dict.fromkeys(map(step_name, step_keys)))
