"""What is told of the runs that a worker executes, as it happens, to whoever operates it: logs, metrics, traces."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from dalsegno.runs.attempts import StepState
from dalsegno.runs.events import (
    AttemptLost,
    Event,
    RunCanceled,
    RunFailed,
    RunSucceeded,
    StepCanceled,
    StepFailed,
    StepRetrying,
    StepStarted,
    StepSucceeded,
)
from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.worker.run_recorder import Observer

_log = logging.getLogger(__name__)

# How an attempt has ended, by the event that says so.
OUTCOMES: dict[type[Event], StepStatus] = {
    StepSucceeded: StepStatus.SUCCESS,
    StepFailed: StepStatus.FAILURE,
    StepRetrying: StepStatus.FAILURE,
    StepCanceled: StepStatus.CANCELED,
    AttemptLost: StepStatus.LOST,
}
# How a run has.
ENDS: dict[type[Event], RunStatus] = {
    RunSucceeded: RunStatus.SUCCESS,
    RunFailed: RunStatus.FAILURE,
    RunCanceled: RunStatus.CANCELED,
}


class RunsObserver(Protocol):
    """Is told from the threads of the runs, and returns at once."""

    def begin(self, run: Run, states: Mapping[str, StepState]) -> Observer:
        """A run is executed here from now on; what is returned is called with each of its events.

        `states` are its steps as they stand: some, where another worker has begun it.
        """

    def end(self, run: Run, *, lost: bool) -> None:
        """It is not any more: it has ended, or was given back; `lost`: another process has taken it over."""


class Observers:
    """Several as one. What one of them raises is logged, and harms no run."""

    def __init__(self, observers: Sequence[RunsObserver]) -> None:
        self._observers = tuple(observers)

    def begin(self, run: Run, states: Mapping[str, StepState]) -> Observer:
        begun = [_guarded(one.begin(run, states)) for one in self._observers]

        def observe(at: datetime, event: Event) -> None:
            for one in begun:
                one(at, event)

        return observe

    def end(self, run: Run, *, lost: bool) -> None:
        for one in self._observers:
            one.end(run, lost=lost)


def _guarded(observe: Observer) -> Observer:
    def guarded(at: datetime, event: Event) -> None:
        try:
            observe(at, event)
        except Exception:  # noqa: BLE001 - whatever it is, it is no reason to stop a run
            _log.exception("What was to be told of a run could not be.")

    return guarded


class RunLog:
    """Logs what runs come to: their begin and end, and attempts that do not succeed. With DEBUG, each attempt."""

    def begin(self, run: Run, states: Mapping[str, StepState]) -> Observer:
        fields = {"run_id": run.run_id, "pipeline_name": run.pipeline_name}
        _log.info("Run %s begins, or goes on, here.", run.run_id, extra=fields)

        def observe(_at: datetime, event: Event) -> None:
            if type(event) in ENDS:
                _log.info("Run %s ended: %s", run.run_id, ENDS[type(event)], extra=fields)
            elif isinstance(
                event, StepStarted | StepSucceeded | StepFailed | StepRetrying | StepCanceled | AttemptLost
            ):
                went_well = isinstance(event, StepStarted | StepSucceeded)
                of_attempt = {**fields, "step_key": event.step_key, "attempt": event.attempt}
                _log.log(
                    logging.DEBUG if went_well else logging.WARNING,
                    "Step %s: %s",
                    event.step_key,
                    event.message,
                    extra=of_attempt,
                )

        return observe

    def end(self, run: Run, *, lost: bool) -> None:
        if lost:
            _log.warning(
                "Run %s is no longer this process's: another one carries it on, or it has ended. "
                "Its steps here were stopped.",
                run.run_id,
                extra={"run_id": run.run_id},
            )
