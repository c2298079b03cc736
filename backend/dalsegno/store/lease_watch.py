"""Whether a lease that ran out is to be believed: while a database is away, no holder can renew one."""

from __future__ import annotations

import logging
import math
from time import monotonic

from dalsegno.errors import StoreUnavailableError

_log = logging.getLogger(__name__)


class LeaseWatch:
    """Whether the database has been there for long enough to believe that a lease ran out because its holder is gone.

    While it was away no holder could renew its lease. Once it is back each gets the time of a lease to do so.
    """

    def __init__(self, *, slow_seconds: float, settling_seconds: float, was_away: bool = False) -> None:
        """What takes longer than `slow_seconds` to begin had to wait: for other writers, or for the database.

        `was_away`: it is back since a moment ago.
        """
        self._slow_seconds = slow_seconds
        self._settling_seconds = settling_seconds
        self._settled_at = -math.inf
        self._is_away = was_away

    @property
    def is_settled(self) -> bool:
        """Leases that have run out are to be believed."""
        return not self._is_away and monotonic() >= self._settled_at

    def failed(self, error: StoreUnavailableError) -> None:
        """It did not answer."""
        if not self._is_away:
            _log.warning("%s It is tried again.", error)
        self._is_away = True

    def answered(self, seconds: float = 0.0) -> None:
        """It answered after so long."""
        if self._is_away:
            _log.info("The database is back.")
        if self._is_away or seconds > self._slow_seconds:
            self._settled_at = monotonic() + self._settling_seconds
        self._is_away = False
