"""How often a failed attempt is tried again, and after what delay."""

from __future__ import annotations

from enum import StrEnum

import msgspec

_DAY = 86_400.0
# No retry waits longer.
MAX_DELAY_SECONDS = 366 * _DAY


class Backoff(StrEnum):
    """How the delay grows from one retry to the next."""

    LINEAR = "LINEAR"
    EXPONENTIAL = "EXPONENTIAL"


class Jitter(StrEnum):
    """How the delay is spread, so that many retries do not come at once."""

    # Anywhere between nothing and the delay.
    FULL = "FULL"
    # The delay, give or take one base delay.
    PLUS_MINUS = "PLUS_MINUS"


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Try a failed step again, at most `max_retries` times, `delay` seconds after it failed.

    With a backoff, the delay is multiplied by the retry's number (linear) or doubled for each (exponential); it grows
    to a day at most.
    """

    max_retries: int = 1
    delay: float = 0.0  # seconds
    backoff: Backoff | None = None
    jitter: Jitter | None = None

    def delay_before(self, retry: int, chance: float) -> float:
        """Seconds to wait before the `retry`-th retry (from 1); `chance`, in [0, 1), decides the jitter."""
        delay = self.delay
        if self.backoff is Backoff.LINEAR:
            delay *= retry
        elif self.backoff is Backoff.EXPONENTIAL:
            # 2 to the power of 1024 is no number any more.
            delay *= 2.0 ** min(retry - 1, 1000)
        delay = min(delay, max(self.delay, _DAY))
        if self.jitter is Jitter.FULL:
            return delay * chance
        if self.jitter is Jitter.PLUS_MINUS:
            return max(0.0, delay + self.delay * (2.0 * chance - 1.0))
        return delay
