"""Errors in what is asked for: what is not there, is over, or may not be had."""

from __future__ import annotations

from dataclasses import dataclass

from dalsegno.errors.base import DalsegnoError


@dataclass(eq=False, kw_only=True)
class RunNotFoundError(DalsegnoError):
    """No run has this id."""

    run_id: str
    # Where only the beginning of an id was given: the runs that begin so.
    candidates: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        if self.candidates:
            return f"Several runs begin with {self.run_id!r}: {', '.join(self.candidates)}. Give more of the id."
        if self.run_id == "last":
            return "There is no run here yet. `dalsegno run -f FILE` executes a pipeline."
        return (
            f"No run has the id {self.run_id!r} here; it may have been pruned. `dalsegno runs` lists those that exist."
        )


@dataclass(eq=False, kw_only=True)
class RunAlreadyFinishedError(DalsegnoError):
    """The run has ended; a finished run never changes."""

    run_id: str
    status: str

    @property
    def message(self) -> str:
        return f"Run {self.run_id} has already ended ({self.status}); a finished run never changes."


@dataclass(eq=False, kw_only=True)
class RunTimeoutError(DalsegnoError):
    """The run has not ended in the time that was waited for it."""

    run_id: str
    timeout_seconds: float
    status: str

    @property
    def message(self) -> str:
        return (
            f"Run {self.run_id} has not ended within {self.timeout_seconds:g} s; it is {self.status} and goes on. "
            "Wait longer, or cancel it."
        )


@dataclass(eq=False, kw_only=True)
class BulkNotFoundError(DalsegnoError):
    """No bulk has this id."""

    bulk_id: str

    @property
    def message(self) -> str:
        return f"No bulk has the id {self.bulk_id!r} here. Its id was answered when it was started."


@dataclass(eq=False, kw_only=True)
class InvalidSettingError(DalsegnoError):
    """A setting has a value that can't be used."""

    # The variable's name, e.g. DALSEGNO_EXECUTOR.
    name: str
    value: str
    problem: str

    @property
    def message(self) -> str:
        return f"{self.name}={self.value!r}: {self.problem}"


@dataclass(eq=False, kw_only=True)
class InvalidArgumentsError(DalsegnoError):
    """The command was given arguments that it can't work with."""

    problem: str

    @property
    def message(self) -> str:
        return self.problem


@dataclass(eq=False, kw_only=True)
class PermissionDeniedError(DalsegnoError):
    """The caller's token does not allow this."""

    # The caller's role.
    role: str
    # What was asked for, e.g. "launchRun".
    action: str

    @property
    def message(self) -> str:
        return f"A {self.role} may look but change nothing, so {self.action} is refused. Use an operator's token."


@dataclass(eq=False, kw_only=True)
class InvalidPageError(DalsegnoError):
    """A page of this size is not given."""

    asked: int
    at_most: int

    @property
    def message(self) -> str:
        return (
            f"A page has 1 to {self.at_most} entries here, not {self.asked}. "
            "Ask for the next page with `after` and the page's endCursor."
        )


@dataclass(eq=False, kw_only=True)
class InvalidCursorError(DalsegnoError):
    """A cursor is none that was given out here."""

    cursor: str

    @property
    def message(self) -> str:
        return f"{self.cursor!r} is no cursor of this list. Take the endCursor of a page of the same list, or none."


@dataclass(eq=False, kw_only=True)
class ServiceError(DalsegnoError):
    """The service could not be reached, or gave no answer that can be used."""

    url: str
    problem: str
    # Of the answer, where there was one.
    http_status: int | None = None
    # By which the service names its errors, e.g. "INVALID_PAGE".
    code: str | None = None

    @property
    def message(self) -> str:
        return f"The service at {self.url} did not do what was asked: {self.problem}"
