"""What an attempt of a step may take: memory and time. Given by tags of the step, or of its pipeline."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from dalsegno.quantities import parse_bytes, parse_seconds

MEMORY_LIMIT_TAG = "dalsegno/memory_limit"
TIME_LIMIT_TAG = "dalsegno/time_limit"
_READERS = {MEMORY_LIMIT_TAG: parse_bytes, TIME_LIMIT_TAG: parse_seconds}


class StepLimits(msgspec.Struct, frozen=True, kw_only=True):
    """None: as much as there is."""

    # Beyond what the step's process takes when the attempt begins.
    memory_bytes: int | None = None
    # From the attempt's start to its end.
    time_seconds: float | None = None

    def overridden_by(self, tags: Mapping[str, str]) -> StepLimits:
        """With those that the tags give."""
        memory, time = tags.get(MEMORY_LIMIT_TAG), tags.get(TIME_LIMIT_TAG)
        return StepLimits(
            memory_bytes=self.memory_bytes if memory is None else parse_bytes(memory),
            time_seconds=self.time_seconds if time is None else parse_seconds(time),
        )


def faulty_limits(tags: Mapping[str, str]) -> list[tuple[str, str]]:
    """The tags that are meant as limits and can't be used, each with what is wrong."""
    found = []
    for name, read in _READERS.items():
        try:
            if name in tags:
                read(tags[name])
        except ValueError as error:
            found.append((name, str(error)))
    return found
