"""What a step raises to say how it failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno.snapshot.retry_policy import MAX_DELAY_SECONDS


class Failure(Exception):
    """The step failed, with a description and metadata for people.

    With `allow_retries=False` its retry policy does not apply: another attempt would fail the same way.
    """

    def __init__(
        self,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        allow_retries: bool = True,
    ) -> None:
        super().__init__(description, metadata, allow_retries)
        self.description = description
        self.metadata: Mapping[str, Any] = dict(metadata or {})
        self.allow_retries = allow_retries

    def __str__(self) -> str:
        return self.description or "The step raised Failure without a description."


class RetryRequested(Exception):
    """The step asks to be tried again, whatever its retry policy says; what it is raised from is the reason.

    `max_retries` is a whole number, 0 or more; `seconds_to_wait` 0 or more, a year at most. Raises ValueError.
    """

    def __init__(self, max_retries: int = 1, seconds_to_wait: float | None = None) -> None:
        # Authors' code need not be typed.
        retries: Any = max_retries
        wait: Any = seconds_to_wait or 0
        if not isinstance(retries, int) or retries < 0:
            raise ValueError(f"max_retries is a whole number, 0 or more, not {max_retries!r}")
        if not isinstance(wait, int | float) or not 0 <= wait <= MAX_DELAY_SECONDS:
            raise ValueError(f"seconds_to_wait is a number of seconds, 0 or more, not {seconds_to_wait!r}")
        super().__init__(max_retries, seconds_to_wait)
        self.max_retries = max_retries
        self.seconds_to_wait = seconds_to_wait

    def __str__(self) -> str:
        wait = f" after {self.seconds_to_wait:g} s" if self.seconds_to_wait else ""
        return f"The step asked to be tried again{wait}, {self.max_retries} times at most."
