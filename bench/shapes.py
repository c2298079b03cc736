"""The pipelines that are measured: the same trivial steps for the plain loop and for Dalsegno."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from dalsegno import pipeline, step
from dalsegno.definitions import PipelineDefinition

FAILING = {"key": ""}


class Shape(msgspec.Struct):
    """A pipeline in both forms."""

    name: str
    pipeline: PipelineDefinition
    plain: list[tuple[str, list[str], Callable[..., Any]]]
    # The step that fails, and its place in the plain loop; from failure begins there.
    failing_key: str
    failing_place: int


def _trivial(key: str) -> Callable[[int], int]:
    def body(value: int) -> int:
        if FAILING["key"] == key:
            raise ValueError("failing on purpose")
        return value + 1

    return body


def _start() -> int:
    return 0


def _defined(key: str) -> Any:
    return step(name=key)(_trivial(key))


def chain(length: int = 200) -> Shape:
    """One after the other."""
    keys = [f"s{number:03}" for number in range(1, length)]
    first = step(name="s000")(_start)
    later = {key: _defined(key) for key in keys}

    @pipeline(name="chain")
    def defined() -> None:
        value = first()
        for one in later.values():
            value = one(value)

    plain: list[tuple[str, list[str], Callable[..., Any]]] = [("s000", [], _start)]
    for before, key in zip(["s000", *keys], keys, strict=False):
        plain.append((key, [before], _trivial(key)))
    return Shape("chain", defined, plain, "s190", 190)


def fan(width: int = 200) -> Shape:
    """One, then many side by side, then one that takes them all."""
    keys = [f"w{number:03}" for number in range(width)]
    first = step(name="first")(_start)
    middle = {key: _defined(key) for key in keys}
    last = step(name="last")(_total)

    @pipeline(name="fan")
    def defined() -> None:
        value = first()
        last([one(value) for one in middle.values()])

    plain: list[tuple[str, list[str], Callable[..., Any]]] = [("first", [], _start)]
    plain += [(key, ["first"], _trivial(key)) for key in keys]
    plain.append(("last", keys, lambda *values: _total(list(values))))
    return Shape("fan", defined, plain, "w190", 191)


def _total(values: list[int]) -> int:
    return sum(values)
