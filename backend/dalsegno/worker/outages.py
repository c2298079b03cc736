"""A database that is away for a while: what is tried again, and for how long."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

from dalsegno.errors import StoreUnavailableError

T = TypeVar("T")

_log = logging.getLogger(__name__)

# From one try to the next, at first and at most; it doubles.
FIRST_DELAY_SECONDS = 0.05
LONGEST_DELAY_SECONDS = 1.0
# How long a script waits for its database before it gives up.
PATIENCE_OF_A_SCRIPT_SECONDS = 60.0


def worker_waits(_error: StoreUnavailableError) -> float:
    """A worker waits until it is told to stop: the steps that it executes are worth more than its time."""
    return math.inf


def script_waits(error: StoreUnavailableError) -> float:
    """Somebody looks at a script: where waiting mends nothing, it is told at once."""
    return PATIENCE_OF_A_SCRIPT_SECONDS if error.may_pass else 0.0


class Patience:
    """Tries again what the database could not do. `end_at` may be called from any thread."""

    def __init__(self, seconds: Callable[[StoreUnavailableError], float], run_id: str) -> None:
        """`seconds`: how long to try again, given what went wrong."""
        self._seconds = seconds
        self._run_id = run_id
        self._end_at = math.inf
        self._changed = threading.Condition()

    def end_at(self, moment: float) -> None:
        """Try no longer than until then, by the monotonic clock."""
        with self._changed:
            self._end_at = min(self._end_at, moment)
            self._changed.notify_all()

    def try_again(self, error: StoreUnavailableError, work: Callable[[], T]) -> T:
        """What `work` returns, once it does, or raises otherwise. Raises StoreUnavailableError in the end."""
        _log.warning("%s It is tried again, and steps go on meanwhile.", error, extra={"run_id": self._run_id})
        began, delay = monotonic(), FIRST_DELAY_SECONDS
        while self._waited(delay, began + self._seconds(error)):
            try:
                result = work()
            except StoreUnavailableError as again:
                error, delay = again, min(2 * delay, LONGEST_DELAY_SECONDS)
            else:
                away = monotonic() - began
                _log.info("The database is back after %.1f s.", away, extra={"run_id": self._run_id})
                return result
        raise error

    def _waited(self, seconds: float, until: float) -> bool:
        """Whether it is worth another try then."""
        now = monotonic()
        with self._changed:
            while (left := min(now + seconds, until, self._end_at) - monotonic()) > 0:
                self._changed.wait(left)
            return monotonic() < min(until, self._end_at)
