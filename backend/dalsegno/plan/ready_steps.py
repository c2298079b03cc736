"""What may start now: a state machine over a plan, without time or threads.

Asked after every event, it answers with decisions: start a step, skip it because an output it needs was not made, or
block it because a step upstream failed. A skip upstream beats a failure upstream, so a step is blocked only when
everything upstream has ended, and skipped as soon as it is certain.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping

import msgspec

from dalsegno.plan.plan import Plan, PlannedInput
from dalsegno.runs.attempts import StepState
from dalsegno.runs.status import StepStatus


class Start(msgspec.Struct, frozen=True):
    """Every input of the step can be loaded."""

    step_key: str


class Skip(msgspec.Struct, frozen=True):
    """An output that the step needs was not made; `absent` names it, e.g. "branch.left"."""

    step_key: str
    absent: str


class Block(msgspec.Struct, frozen=True):
    """Steps upstream failed; `causes` are those that really did, not those blocked in between."""

    step_key: str
    causes: tuple[str, ...]


Decision = Start | Skip | Block


class _Waiting:
    """What a step still waits for."""

    __slots__ = ("absent", "causes", "decided", "elements", "left")

    def __init__(self, inputs: tuple[PlannedInput, ...]) -> None:
        # Sources of this run that have not ended.
        self.left = 0
        # The first output found missing that skips the step.
        self.absent: str | None = None
        self.causes: set[str] = set()
        # Per fan-in input: how many of its elements are, or may still be, there.
        self.elements: dict[str, int] = {}
        self.decided = False
        for one in inputs:
            self.left += sum(source.run_id is None for source in one.sources)
            if one.is_fan_in:
                self.elements[one.name] = len(one.sources)
            if one.absent and not (one.is_fan_in and one.sources):
                self.absent = str(one.absent[0])


class ReadySteps:
    """The progress of one run over its plan.

    `take()` yields decisions in topological order, each once; `ended()` tells how a step came to its end.
    """

    def __init__(self, plan: Plan, states: Mapping[str, StepState] | None = None) -> None:
        executed = plan.executed
        self._order = {key: position for position, key in enumerate(executed)}
        self._keys = tuple(executed)
        self._waiting = {key: _Waiting(step.inputs) for key, step in executed.items()}
        self._consumers: dict[str, list[tuple[str, PlannedInput, str]]] = {key: [] for key in executed}
        self._open = len(executed)
        for key, step in executed.items():
            for one in step.inputs:
                for source in one.sources:
                    if source.run_id is None:
                        self._consumers[source.step_key].append((key, one, source.output_name))
        # Positions of steps to decide on, smallest first.
        self._due = [self._order[key] for key, one in self._waiting.items() if one.left == 0 or one.absent]
        heapq.heapify(self._due)
        for state in (states or {}).values():
            self._restore(state)

    @property
    def is_over(self) -> bool:
        """Every step of the plan has ended."""
        return self._open == 0

    def take(self) -> Iterator[Decision]:
        """The decisions that are due; a Skip or Block counts as the step's end at once."""
        while self._due:
            key = self._keys[heapq.heappop(self._due)]
            waiting = self._waiting[key]
            if waiting.decided:
                continue
            waiting.decided = True
            if waiting.absent is not None:
                yield Skip(key, waiting.absent)
                self.ended(key, StepStatus.SKIPPED)
            elif waiting.causes:
                causes = tuple(sorted(waiting.causes, key=self._order.__getitem__))
                yield Block(key, causes)
                self.ended(key, StepStatus.BLOCKED, causes=causes)
            else:
                yield Start(key)

    def ended(
        self, step_key: str, status: StepStatus, made: Collection[str] = (), causes: Collection[str] = ()
    ) -> None:
        """The step ended: `made` names the outputs of a success, `causes` the failures behind a block."""
        self._waiting[step_key].decided = True
        self._open -= 1
        for key, one, output_name in self._consumers[step_key]:
            waiting = self._waiting[key]
            waiting.left -= 1
            if not status.ended_well:
                waiting.causes.update(causes or (step_key,))
            elif output_name not in made:
                self._absent(waiting, one, f"{step_key}.{output_name}")
            if not waiting.decided and (waiting.left == 0 or waiting.absent):
                heapq.heappush(self._due, self._order[key])

    def _absent(self, waiting: _Waiting, one: PlannedInput, name: str) -> None:
        if one.is_fan_in:
            waiting.elements[one.name] -= 1
            if waiting.elements[one.name] > 0:
                return
        if waiting.absent is None:
            waiting.absent = name

    def _restore(self, state: StepState) -> None:
        if state.step_key not in self._waiting:
            return
        if state.status.has_ended:
            self.ended(state.step_key, state.status, {output.name for output in state.outputs}, state.cause_step_keys)
        elif state.status in (StepStatus.RUNNING, StepStatus.RETRYING):
            self._waiting[state.step_key].decided = True


def ready_steps(plan: Plan, states: Mapping[str, StepState]) -> list[Decision]:
    """The decisions that are due where the steps stand as in `states`."""
    return list(ReadySteps(plan, states).take())
