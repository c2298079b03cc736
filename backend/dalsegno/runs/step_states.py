"""The fold of a run's events to the states of its steps."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from dalsegno.runs.attempts import CapturedLog, ErrorInfo, StepAttempt, StepOutput, StepState
from dalsegno.runs.events import (
    AttemptLost,
    Event,
    OutputStored,
    StepBlocked,
    StepCanceled,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from dalsegno.runs.status import StepStatus


class StepStates:
    """The steps of one run as they stand after the events applied so far.

    Outputs belong to the attempt that stored them and count only when it succeeds.
    """

    def __init__(self, states: dict[str, StepState] | None = None) -> None:
        self.by_key: dict[str, StepState] = states or {}
        # Stored by attempts that still run.
        self._stored: dict[str, list[StepOutput]] = {}

    def apply(self, at: datetime, event: Event) -> StepState | None:
        """Apply one event; the state that it changed, or None."""
        state = self._after(at, event)
        if state is not None:
            self.by_key[state.step_key] = state
        return state

    def _after(self, at: datetime, event: Event) -> StepState | None:
        match event:
            case StepStarted():
                return self._started(at, event)
            case OutputStored():
                self._stored[event.step_key].append(event.output)
                return None
            case StepSucceeded():
                state = self._end_attempt(event.step_key, at, StepStatus.SUCCESS, None, event.stdout, event.stderr)
                succeeded = replace(state.attempts[-1], provenance=event.provenance)
                outputs = tuple(self._stored.pop(event.step_key))
                return replace(
                    state,
                    attempts=(*state.attempts[:-1], succeeded),
                    outputs=outputs,
                    expansions=event.expansions,
                )
            case StepFailed() | StepRetrying():
                state = self._end_attempt(
                    event.step_key, at, StepStatus.FAILURE, event.error, event.stdout, event.stderr
                )
                return self._retrying(at, event, state) if isinstance(event, StepRetrying) else state
            case StepCanceled(was_waiting=True):
                waiting = self.by_key[event.step_key]
                return replace(waiting, status=StepStatus.CANCELED, retry_at=None, ended_at=at)
            case StepCanceled():
                return self._end_attempt(
                    event.step_key, at, StepStatus.CANCELED, event.error, event.stdout, event.stderr
                )
            case AttemptLost():
                return self._to_be_tried_again(self._end_attempt(event.step_key, at, StepStatus.LOST))
            case StepSkipped():
                return StepState(step_key=event.step_key, status=StepStatus.SKIPPED, note=event.absent, ended_at=at)
            case StepBlocked():
                return StepState(
                    step_key=event.step_key,
                    status=StepStatus.BLOCKED,
                    cause_step_keys=event.cause_step_keys,
                    ended_at=at,
                )
            case _:
                return None

    def _started(self, at: datetime, event: StepStarted) -> StepState:
        self._stored[event.step_key] = []
        attempt = StepAttempt(
            number=event.attempt,
            token=event.token,
            status=StepStatus.RUNNING,
            started_at=at,
            worker_id=event.worker_id,
        )
        before = self.by_key.get(event.step_key)
        if before is None:
            return StepState(step_key=event.step_key, status=StepStatus.RUNNING, attempts=(attempt,), started_at=at)
        return replace(before, status=StepStatus.RUNNING, attempts=(*before.attempts, attempt), retry_at=None)

    def _end_attempt(
        self,
        step_key: str,
        at: datetime,
        status: StepStatus,
        error: ErrorInfo | None = None,
        stdout: CapturedLog | None = None,
        stderr: CapturedLog | None = None,
    ) -> StepState:
        state = self.by_key[step_key]
        ended = replace(state.attempts[-1], status=status, ended_at=at, error=error, stdout=stdout, stderr=stderr)
        return replace(state, status=status, attempts=(*state.attempts[:-1], ended), ended_at=at)

    def _retrying(self, at: datetime, event: StepRetrying, state: StepState) -> StepState:
        return replace(self._to_be_tried_again(state), retry_at=at + timedelta(seconds=event.delay_seconds))

    def _to_be_tried_again(self, state: StepState) -> StepState:
        return replace(state, status=StepStatus.RETRYING, ended_at=None)
