"""Run ids: UUIDv7, so that the text of a later run's id sorts after an earlier one's."""

from __future__ import annotations

import secrets
import threading
import time
import uuid


class RunIds:
    """Gives ids, each greater than every one that it gave before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> str:
        """A new id."""
        with self._lock:
            # 48 bits of milliseconds, then 12 bits of the millisecond's fraction (RFC 9562, 6.2, method 3).
            now = time.time_ns()
            moment = max((now // 1_000_000 << 12) | (now % 1_000_000 * 4096 // 1_000_000), self._last + 1)
            self._last = moment
        milliseconds, fraction = moment >> 12, moment & 0xFFF
        value = milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
        return str(uuid.UUID(int=value))


new_run_id = RunIds().new
