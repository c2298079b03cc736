"""Which attempts of a run must end by when: one that does not is interrupted, then killed."""

from __future__ import annotations

from time import monotonic

from dalsegno.errors import TimeLimitExceededError
from dalsegno.worker.pooled_process import PooledProcess


class _Limited:
    def __init__(self, step_key: str, limit_seconds: float) -> None:
        self.step_key = step_key
        self.limit_seconds = limit_seconds
        self.due_at = monotonic() + limit_seconds
        self.is_interrupted = False


class TimeLimits:
    """Those of attempts that go on now."""

    def __init__(self, grace_seconds: float) -> None:
        self._grace_seconds = grace_seconds
        self._limited: dict[PooledProcess, _Limited] = {}

    def begin(self, process: PooledProcess, step_key: str, limit_seconds: float | None) -> None:
        """The process begins an attempt now."""
        if limit_seconds is not None:
            self._limited[process] = _Limited(step_key, limit_seconds)

    def end(self, process: PooledProcess) -> TimeLimitExceededError | None:
        """Its attempt has ended; the error where it was interrupted for being late."""
        one = self._limited.pop(process, None)
        if one is None or not one.is_interrupted:
            return None
        return TimeLimitExceededError(step_key=one.step_key, limit_seconds=one.limit_seconds)

    @property
    def next_at(self) -> float | None:
        """When `enforce` has something to do next, by the monotonic clock."""
        return min((one.due_at for one in self._limited.values()), default=None)

    def enforce(self) -> None:
        """Interrupt what is late, and kill what is later still."""
        now = monotonic()
        for process, one in self._limited.items():
            if one.due_at > now:
                continue
            if one.is_interrupted:
                process.kill()
            else:
                process.interrupt()
                one.is_interrupted = True
            one.due_at = now + self._grace_seconds
