"""Amounts as people write them: of memory with a unit, of time in seconds."""

from __future__ import annotations

import math
import re

_UNITS = {
    "": 1,
    "b": 1,
    **{f"{letter}b": 1000**power for power, letter in enumerate("kmgt", start=1)},
    **{f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", start=1)},
}
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)")
_MOST = 1 << 50


def parse_bytes(text: str) -> int:
    """Bytes: "2GiB", "500 MB", "1048576". Raises ValueError with what is expected."""
    found = _AMOUNT.fullmatch(text.strip())
    unit = _UNITS.get(found[2].lower()) if found else None
    amount = int(float(found[1]) * unit) if found and unit else 0
    if not 0 < amount <= _MOST:
        raise ValueError("it must be an amount of memory such as 2GiB, 500MB or 1048576 (bytes)")
    return amount


def parse_seconds(text: str) -> float:
    """Seconds: "90", "0.5". Raises ValueError with what is expected."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < 1e9:
        raise ValueError("it must be a number of seconds above 0, such as 90 or 0.5")
    return seconds


def shown_bytes(amount: int) -> str:
    """For people: "2 GiB", "1.5 MiB", "500 bytes"."""
    for power, letter in reversed(list(enumerate("KMGT", start=1))):
        if amount >= 1024**power:
            return f"{amount / 1024**power:.4g} {letter}iB"
    return f"{amount} bytes"
