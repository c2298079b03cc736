"""How an attempt failed, and what the step itself asks for: a retry, or none."""

from __future__ import annotations

import msgspec

from dalsegno.definitions import Failure, RetryRequested
from dalsegno.runs.attempts import ErrorInfo
from dalsegno.worker.error_info import error_info
from dalsegno.worker.run_execution import RetryAsked


class AttemptFailure(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the run needs to know of a failed attempt."""

    error: ErrorInfo
    asked: RetryAsked | None = None
    may_retry: bool = True


def failure_of(error: BaseException) -> AttemptFailure:
    """Of what an attempt raised."""
    asked = None
    if isinstance(error, RetryRequested):
        asked = RetryAsked(error.max_retries, error.seconds_to_wait or 0.0)
    may_retry = error.allow_retries if isinstance(error, Failure) else True
    return AttemptFailure(error_info(what_failed(error)), asked, may_retry)


def what_failed(error: BaseException) -> BaseException:
    """What a step that asks for a retry has run into; any other error itself."""
    return error.__cause__ or error if isinstance(error, RetryRequested) else error
