"""How a request goes out and its answer comes back, whatever carries them."""

from __future__ import annotations

from time import monotonic
from typing import Any, TypeVar

import msgspec

from dalsegno.client.records import Run
from dalsegno.client.requests import Request
from dalsegno.errors import RunTimeoutError, ServiceError

T = TypeVar("T")

# Between two looks at a run that is waited for: first, and at most.
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0


class Patience:
    """How long a run is waited for, and how often it is looked at meanwhile."""

    def __init__(self, timeout: float | None) -> None:
        self._timeout = timeout
        self._began = monotonic()
        self._pause = _FIRST_PAUSE_SECONDS

    def next_pause(self, run: Run) -> float:
        """Seconds until the next look at a run that has not ended. Raises RunTimeoutError where there is none."""
        pause, self._pause = self._pause, min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        if self._timeout is None:
            return pause
        left = self._began + self._timeout - monotonic()
        if left <= 0:
            raise RunTimeoutError(run_id=run.id, timeout_seconds=self._timeout, status=run.status)
        return min(pause, left)


class _GraphQLError(msgspec.Struct, frozen=True):
    message: str
    extensions: dict[str, Any] = {}


class _Answer(msgspec.Struct, frozen=True):
    data: dict[str, Any] | None = None
    errors: tuple[_GraphQLError, ...] = ()


def endpoint(url: str) -> str:
    """Where queries go, of the service at this URL."""
    plain = url.rstrip("/")
    return plain if plain.endswith("/graphql") else f"{plain}/graphql"


def headers(token: str | None) -> dict[str, str]:
    """Of every request."""
    common = {"content-type": "application/json", "accept": "application/json"}
    return common if token is None else {**common, "authorization": f"Bearer {token}"}


def read_answer(request: Request[T], url: str, status: int, content: bytes) -> T:
    """The request's result. Raises what the service refused with, else ServiceError."""
    try:
        answer = msgspec.json.decode(content, type=_Answer)
    except msgspec.DecodeError:
        raise ServiceError(url=url, problem=f"it answered {status}, and not in JSON", http_status=status) from None
    if answer.errors or answer.data is None:
        problem = "; ".join(error.message for error in answer.errors) or f"it answered {status} without data"
        code = next((error.extensions["code"] for error in answer.errors if "code" in error.extensions), None)
        raise ServiceError(url=url, problem=problem, http_status=status, code=code)
    return request.read(answer.data)


def not_reached(url: str, error: Exception) -> ServiceError:
    """The error for a service that can't be reached."""
    return ServiceError(url=url, problem=f"it can't be reached: {str(error) or type(error).__name__}")
