"""What was used lately, kept in memory; only for values that never change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def _one(_value: object) -> int:
    return 1


class Recent(Generic[K, V]):
    """A bounded mapping that drops what was not used for longest.

    `size` is how many values it keeps; where `weigh` is given, how much they weigh together.
    """

    def __init__(self, size: int, weigh: Callable[[V], int] = _one) -> None:
        self._size = size
        self._weigh = weigh
        self._kept: dict[K, V] = {}
        self._weight = 0

    def get(self, key: K) -> V | None:
        """The value, if it is kept."""
        value = self._kept.pop(key, None)
        if value is not None:
            self._kept[key] = value
        return value

    def keep(self, key: K, value: V) -> V:
        """Keeps the value, unless it is too much alone, and gives it back."""
        self._drop(key)
        self._kept[key] = value
        self._weight += self._weigh(value)
        while self._weight > self._size:
            self._drop(next(iter(self._kept)))
        return value

    def _drop(self, key: K) -> None:
        value = self._kept.pop(key, None)
        if value is not None:
            self._weight -= self._weigh(value)
