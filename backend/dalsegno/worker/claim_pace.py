"""How often a worker looks for runs to claim, where thousands wait that may not begin."""

from __future__ import annotations

import math
from time import monotonic

# A look that takes no longer costs nothing that counts.
QUICK_SECONDS = 0.010
# After one that took longer, and found nothing, so many times as long passes until the next, but no more than a second.
RESTS = 10
LONGEST_REST_SECONDS = 1.0


class ClaimPace:
    """When the queue is to be looked through next: looking takes a tenth of a worker's time at most."""

    def __init__(self) -> None:
        self._next_at = -math.inf

    @property
    def seconds_left(self) -> float:
        """Until then; 0 where it is time."""
        return max(0.0, self._next_at - monotonic())

    def found_nothing(self, took_seconds: float) -> None:
        """It was looked through, for so long, and nothing was there to claim."""
        if took_seconds > QUICK_SECONDS:
            self._next_at = monotonic() + min(RESTS * took_seconds, LONGEST_REST_SECONDS)
