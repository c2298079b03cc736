"""Which stored outputs were seen to be there lately, so that previews, which come in numbers, need not look again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from time import monotonic

from dalsegno.launch import Outputs
from dalsegno.output_storage import StoredOutput

SECONDS_KEPT = 10.0
_KEPT_AT_MOST = 200_000


class Sightings:
    """What was wrong with outputs, by address, when they were looked at last. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # When it was seen, and what was wrong with it; the oldest first.
        self._seen: dict[str, tuple[float, str | None]] = {}

    def lately(self, addresses: Iterable[str]) -> dict[str, str | None]:
        """Of those seen within ten seconds: what was wrong with them."""
        since = self._clock() - SECONDS_KEPT
        with self._lock:
            found = {one: self._seen[one] for one in addresses if one in self._seen}
        return {one: problem for one, (seen_at, problem) in found.items() if seen_at > since}

    def keep(self, problems: Mapping[str, str | None]) -> None:
        """Take in what was seen just now."""
        now = self._clock()
        with self._lock:
            for address, problem in problems.items():
                self._seen.pop(address, None)
                self._seen[address] = (now, problem)
            while len(self._seen) > _KEPT_AT_MOST:
                del self._seen[next(iter(self._seen))]


class SeenOutputs:
    """Outputs as they were seen lately, and looked at where they were not; with `fresh`, always looked at."""

    def __init__(self, outputs: Outputs, sightings: Sightings, *, fresh: bool) -> None:
        self._outputs = outputs
        self._sightings = sightings
        self._fresh = fresh

    def problems(self, wanted: Iterable[StoredOutput], *, verify: bool) -> Mapping[str, str]:
        """Address -> what is wrong, of those that can't be loaded; `verify` reads them and compares digests."""
        by_address = {one.uri: one for one in wanted if one.uri is not None}
        seen = {} if self._fresh or verify else self._sightings.lately(by_address)
        unseen = [one for address, one in by_address.items() if address not in seen]
        gone = self._outputs.problems(unseen, verify=verify) if unseen else {}
        looked_at = {one.uri: gone.get(one.uri) for one in unseen if one.uri is not None}
        self._sightings.keep(looked_at)
        return {address: problem for address, problem in {**seen, **looked_at}.items() if problem is not None}
