"""One run on its way: which attempt is next, and what an attempt's end means for the rest.

The loops around it are thin: they ask for the next attempt, execute it in whatever way is theirs, and tell how it
ended.
"""

from __future__ import annotations

import heapq
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import random
from time import monotonic

import msgspec

from dalsegno.errors import WorkerLostError
from dalsegno.plan.outcome import all_is_settled
from dalsegno.plan.plan import InputSource, Plan, PlannedStep
from dalsegno.plan.ready_steps import Block, ReadySteps, Skip
from dalsegno.runs.attempts import CapturedLog, ErrorInfo, Provenance, StepOutput, StepState
from dalsegno.runs.events import (
    AttemptLost,
    Event,
    OutputStored,
    RunCanceled,
    RunFailed,
    RunSucceeded,
    StepBlocked,
    StepCanceled,
    StepFailed,
    StepRetrying,
    StepSkipped,
    StepStarted,
    StepSucceeded,
)
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.runs.step_states import StepStates
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.snapshot.step_keys import step_name


class Attempt(msgspec.Struct, frozen=True):
    """One try of one step, to be made now."""

    step_key: str
    # From 1.
    number: int
    token: str


class RetryAsked(msgspec.Struct, frozen=True):
    """What the step itself asked for by raising RetryRequested; it replaces the step's policy."""

    max_retries: int
    delay_seconds: float


class CapturedOutput(msgspec.Struct, frozen=True):
    """What an attempt printed."""

    stdout: CapturedLog | None = None
    stderr: CapturedLog | None = None


# A step that was lost with its worker so often fails.
MAX_LOSSES = 3

NOTHING_CAPTURED = CapturedOutput()


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ends."""

    status: RunStatus
    # Of its group, once this run, its newest, has ended so.
    group_status: RunStatus
    event: Event
    at: datetime
    # Why the run as a whole failed, outside any step.
    error: ErrorInfo | None = None
    # It is re-executed without anybody asking: which of the retries in a row that is.
    retry_number: int | None = None


class RunExecution:
    """The progress of one run. `record` is called with each event, in the order in which they happen.

    `clock` gives seconds, monotonic; `chance` a number in [0, 1), for the jitter of retries; `now` is asked for what is
    left of the retry waits that another process has begun.
    """

    def __init__(
        self,
        plan: Plan,
        snapshot: PipelineSnapshot,
        states: StepStates,
        record: Callable[[Event], None],
        *,
        run_id: str = "",
        worker_id: str | None = None,
        clock: Callable[[], float] = monotonic,
        chance: Callable[[], float] = random,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._plan = plan
        self._snapshot = snapshot
        self._states = states
        self._record = record
        self._run_id = run_id
        self._worker_id = worker_id
        self._clock = clock
        self._chance = chance
        self._ready = ReadySteps(plan, states.by_key)
        self._startable: deque[str] = deque()
        # (when due by the clock, step key), soonest first.
        self._retries = [
            (clock() + _seconds_left(state, now()), key)
            for key, state in states.by_key.items()
            if state.status is StepStatus.RETRYING
        ]
        heapq.heapify(self._retries)

    @property
    def is_over(self) -> bool:
        """Every step of the plan has ended."""
        return self._ready.is_over

    def is_due(self) -> bool:
        """An attempt is to be made now."""
        self._decide()
        while self._retries and self._retries[0][0] <= self._clock():
            self._startable.append(heapq.heappop(self._retries)[1])
        return bool(self._startable)

    def next_attempt(self) -> Attempt | None:
        """The attempt to make now, recorded as started; None where none is due."""
        if not self.is_due():
            return None
        key = self._startable.popleft()
        before = self._states.by_key.get(key)
        attempt = Attempt(key, len(before.attempts) + 1 if before else 1, secrets.token_hex(8))
        self._record(StepStarted(step_key=key, attempt=attempt.number, token=attempt.token, worker_id=self._worker_id))
        return attempt

    def planned(self, step_key: str) -> PlannedStep:
        """What the plan says of a step; of an element, what follows for it from its generator's success."""
        return self._ready.rows[step_key]

    def seconds_to_retry(self) -> float | None:
        """Seconds until the next retry is due; None where none waits."""
        return max(0.0, self._retries[0][0] - self._clock()) if self._retries else None

    def source_in_this_run(self, source: InputSource) -> InputSource | None:
        """Where a source of this run is stored; None where its step was skipped or did not make it."""
        state = self._states.by_key[source.step_key]
        output = state.output(source.output_name, source.mapping_key)
        if output is None:
            return None
        return InputSource(
            step_key=source.step_key,
            output_name=source.output_name,
            mapping_key=source.mapping_key,
            attempt=state.attempts[-1].number,
            uri=output.uri,
            digest=output.digest,
            size_bytes=output.size_bytes,
        )

    def succeeded(
        self,
        attempt: Attempt,
        outputs: Sequence[StepOutput],
        provenance: Provenance,
        captured: CapturedOutput = NOTHING_CAPTURED,
    ) -> None:
        """The attempt ended well, and gave these outputs; they are stored and recorded.

        With its success its expansions are recorded too, and belong to this attempt as its outputs do.
        """
        key = attempt.step_key
        for output in outputs:
            self._record(OutputStored(step_key=key, attempt=attempt.number, output=output))
        expansions = self._expansions(key, outputs)
        self._record(
            StepSucceeded(
                step_key=key,
                attempt=attempt.number,
                provenance=provenance,
                expansions=expansions,
                stdout=captured.stdout,
                stderr=captured.stderr,
            )
        )
        made = {output.name for output in outputs}
        self._ready.ended(key, StepStatus.SUCCESS, made, expansions=expansions)

    def failed(
        self,
        attempt: Attempt,
        error: ErrorInfo,
        captured: CapturedOutput = NOTHING_CAPTURED,
        *,
        asked: RetryAsked | None = None,
        may_retry: bool = True,
    ) -> bool:
        """The attempt failed; False where it is tried again, because its policy, or the step itself, says so."""
        delay = self._retry_delay(attempt, asked) if may_retry else None
        if delay is None:
            self._record(
                StepFailed(
                    step_key=attempt.step_key,
                    attempt=attempt.number,
                    error=error,
                    stdout=captured.stdout,
                    stderr=captured.stderr,
                )
            )
            self._ready.ended(attempt.step_key, StepStatus.FAILURE)
            return True
        self._record(
            StepRetrying(
                step_key=attempt.step_key,
                attempt=attempt.number,
                error=error,
                delay_seconds=delay,
                stdout=captured.stdout,
                stderr=captured.stderr,
            )
        )
        heapq.heappush(self._retries, (self._clock() + delay, attempt.step_key))
        return False

    def lost(self, attempt: Attempt) -> None:
        """The attempt was lost with its worker: no failure, so it is tried again; but not for ever."""
        attempts = self._states.by_key[attempt.step_key].attempts
        if sum(one.status is StepStatus.LOST for one in attempts) + 1 < MAX_LOSSES:
            self._record(AttemptLost(step_key=attempt.step_key, attempt=attempt.number))
            heapq.heappush(self._retries, (self._clock(), attempt.step_key))
            return
        lost = WorkerLostError(run_id=self._run_id, step_key=attempt.step_key)
        error = ErrorInfo(class_name=WorkerLostError.__name__, message=lost.message)
        self.failed(attempt, error, may_retry=False)

    def interrupted(
        self, attempt: Attempt, error: ErrorInfo | None, captured: CapturedOutput = NOTHING_CAPTURED
    ) -> None:
        """The attempt was interrupted because the run is cancelled."""
        self._record(
            StepCanceled(
                step_key=attempt.step_key,
                attempt=attempt.number,
                error=error,
                stdout=captured.stdout,
                stderr=captured.stderr,
            )
        )
        self._ready.ended(attempt.step_key, StepStatus.CANCELED)

    def retries_abandoned(self) -> None:
        """The run is cancelled: what waits to be tried again is not."""
        for state in [one for one in self._states.by_key.values() if one.status is StepStatus.RETRYING]:
            last = state.attempts[-1].number
            self._record(StepCanceled(step_key=state.step_key, attempt=last, was_waiting=True))
            self._ready.ended(state.step_key, StepStatus.CANCELED)
        self._retries.clear()

    def ending(
        self,
        at: datetime,
        *,
        canceled: bool,
        error: ErrorInfo | None = None,
        retry_for: Callable[[Sequence[ErrorInfo]], int | None] = lambda _errors: None,
    ) -> Ending:
        """How the run ends. Cancel wins, even where every step has ended well.

        `error` is why the run as a whole failed, outside any step. `retry_for` tells, of why it failed, which automatic
        retry follows.
        """
        steps = [state for key in self._ready.rows if (state := self._states.by_key.get(key)) is not None]
        failed = tuple(state.step_key for state in steps if state.status is StepStatus.FAILURE)
        event: Event
        retry_number = None
        if canceled:
            status, event = RunStatus.CANCELED, RunCanceled()
        elif failed or error is not None:
            errors = (error, *(state.error for state in steps if state.status is StepStatus.FAILURE))
            retry_number = retry_for([one for one in errors if one is not None])
            event = RunFailed(failed_step_keys=failed, error=error, retry_number=retry_number)
            status = RunStatus.FAILURE
        else:
            status, event = RunStatus.SUCCESS, RunSucceeded()
        if all_is_settled(self._plan, self._ready.rows, self._states.by_key):
            group_status = RunStatus.SUCCESS
        else:
            group_status = RunStatus.CANCELED if canceled else RunStatus.FAILURE
        return Ending(
            status=status, group_status=group_status, event=event, at=at, error=error, retry_number=retry_number
        )

    def _decide(self) -> None:
        for decision in self._ready.take():
            match decision:
                case Skip():
                    self._record(StepSkipped(step_key=decision.step_key, absent=decision.absent))
                case Block():
                    self._record(StepBlocked(step_key=decision.step_key, cause_step_keys=decision.causes))
                case _:
                    self._startable.append(decision.step_key)

    def _expansions(self, step_key: str, outputs: Sequence[StepOutput]) -> dict[str, tuple[str, ...]]:
        """By dynamic output, its mapping keys. One that may be left out, and has none, was left out."""
        found: dict[str, tuple[str, ...]] = {}
        for one in self._snapshot.by_key[step_name(step_key)].outputs:
            if one.is_dynamic:
                keys = tuple(each.mapping_key for each in outputs if each.name == one.name and each.mapping_key)
                if keys or one.is_required:
                    found[one.name] = keys
        return found

    def _retry_delay(self, attempt: Attempt, asked: RetryAsked | None) -> float | None:
        """Seconds to wait before the next attempt; None where there is none."""
        attempts = self._states.by_key[attempt.step_key].attempts
        # Attempts lost with their worker are no failures of the step, and do not use its policy.
        failures = 1 + sum(one.status is StepStatus.FAILURE for one in attempts[:-1])
        if asked is not None:
            return asked.delay_seconds if failures <= asked.max_retries else None
        policy = self._snapshot.by_key[step_name(attempt.step_key)].retry_policy
        if policy is None or failures > policy.max_retries:
            return None
        return policy.delay_before(failures, self._chance())


def _seconds_left(state: StepState, now: datetime) -> float:
    """Until the step is tried again."""
    return 0.0 if state.retry_at is None else max(0.0, (state.retry_at - now).total_seconds())
