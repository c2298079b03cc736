"""Errors that end an attempt, a run, or a process's right to execute it."""

from __future__ import annotations

from dataclasses import dataclass

from dalsegno.errors.base import DalsegnoError


@dataclass(eq=False, kw_only=True)
class LeaseLostError(DalsegnoError):
    """This process no longer holds the run's lease, so it may not write to it."""

    run_id: str

    @property
    def message(self) -> str:
        return f"This process no longer holds run {self.run_id}: another one carries it on, or it has ended."


@dataclass(eq=False, kw_only=True)
class WorkerLostError(DalsegnoError):
    """The process that executed the run is gone."""

    run_id: str
    # Of a step that was lost with its worker as often as it is tried again.
    step_key: str | None = None

    @property
    def message(self) -> str:
        if self.step_key is not None:
            return (
                f"Step {self.step_key!r} of run {self.run_id} was lost with its worker each time that it was tried, "
                "so it is not tried again. See whether it is what brings workers down (memory?), then re-execute it."
            )
        return (
            f"The process that executed run {self.run_id} is gone, and its lease has expired. "
            "What had succeeded counts; re-execute it from failure."
        )


@dataclass(eq=False, kw_only=True)
class CodeChangedError(DalsegnoError):
    """No worker has the code that the run was planned on any more, and the code as it is now means another plan."""

    run_id: str
    # What differs, for people.
    difference: str

    @property
    def message(self) -> str:
        return (
            f"No worker has the code that run {self.run_id} was planned on any more, and with the code as it is now "
            f"the plan would be another: {self.difference}. Launch it again."
        )


@dataclass(eq=False, kw_only=True)
class StepProcessDiedError(DalsegnoError):
    """The process that executed an attempt died, and nothing else did."""

    # "signal 9 (SIGKILL)", or "exit code 3".
    how: str
    memory_limit: str | None = None  # of its attempt, for people: "2 GiB"

    @property
    def message(self) -> str:
        limit = f" (its memory limit was {self.memory_limit})" if self.memory_limit else ""
        return f"step process died: {self.how}{limit}"


@dataclass(eq=False, kw_only=True)
class MemoryLimitExceededError(DalsegnoError):
    """An attempt asked for more memory than its limit allows."""

    step_key: str
    limit: str  # for people: "2 GiB"

    @property
    def message(self) -> str:
        mend = "Give it more by the tag dalsegno/memory_limit, or let it work on less at a time."
        return f"Step {self.step_key!r} asked for more memory than its limit of {self.limit} allows. {mend}"


@dataclass(eq=False, kw_only=True)
class TimeLimitExceededError(DalsegnoError):
    """An attempt took longer than its limit allows, and was ended."""

    step_key: str
    limit_seconds: float

    @property
    def message(self) -> str:
        said = f"Step {self.step_key!r} had not ended within its time limit of {self.limit_seconds:g} s"
        return f"{said}; its traceback tells where it was. The tag dalsegno/time_limit gives it more."


@dataclass(eq=False, kw_only=True)
class CancelRequestedError(DalsegnoError):
    """The run is to be cancelled, so it can't end otherwise."""

    run_id: str

    @property
    def message(self) -> str:
        return f"Run {self.run_id} was asked to be cancelled before it ended; it can only end CANCELED."
