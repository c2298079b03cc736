"""How times are taken, and how a figure is told with its bar."""

from __future__ import annotations

import time
from collections.abc import Callable


def best_of_each(rounds: int, *works: Callable[[], object]) -> list[float]:
    """Milliseconds of this process's own time, at best, of each; in turns, so that all meet the same machine."""
    found: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, times in zip(works, found, strict=True):
            begin = time.process_time()
            work()
            times.append((time.process_time() - begin) * 1000.0)
    return [min(times) for times in found]


def told(what: str, figure: str, value: float, bar: float, unit: str) -> bool:
    """Print a figure with its bar; whether it holds."""
    held = value <= bar
    print(f"{what:42} {figure:28} bar {bar:g} {unit}: {'held' if held else 'missed'}")
    return held
