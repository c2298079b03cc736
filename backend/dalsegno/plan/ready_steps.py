"""What may start now: a state machine over a plan, without time or threads.

Asked after every event, it answers with decisions: start a step, skip it because an output it needs was not made, or
block it because a step upstream failed. A skip upstream beats a failure upstream, so a step is blocked only when
everything upstream has ended, and skipped as soon as it is certain.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from dalsegno.plan.elements import elements, mapped_steps, with_collected
from dalsegno.plan.plan import InputSource, Plan, PlannedInput, PlannedStep
from dalsegno.runs.attempts import StepState
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import OutputRef
from dalsegno.snapshot.step_keys import ANY_KEY, element_key, step_name


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

    __slots__ = ("absent", "causes", "decided", "elements", "is_held", "is_replaced", "key", "left")

    def __init__(self, step: PlannedStep) -> None:
        self.key = step.step_key
        # Sources of this run that have not ended.
        self.left = 0
        # The first output found missing that skips the step.
        self.absent: str | None = None
        self.causes: set[str] = set()
        # Per fan-in input: how many of its elements are, or may still be, there.
        self.elements: dict[str, int] = {}
        self.decided = False
        # Its generator has not ended: whatever is certain of it is decided for each element, once these are known.
        self.is_held = False
        # Its generator has run: its elements, or itself with other inputs, stand in its place.
        self.is_replaced = False
        for one in step.inputs:
            if one.is_fan_in:
                self.elements[one.name] = len(one.sources)
            if one.absent and not (one.is_fan_in and one.sources):
                self.absent = str(one.absent[0])

    @property
    def is_due(self) -> bool:
        is_open = not (self.decided or self.is_held or self.is_replaced)
        return is_open and (self.left == 0 or self.absent is not None)


class _Ended(msgspec.Struct, frozen=True):
    """How a step came to its end."""

    status: StepStatus
    # The outputs of a success; the failures behind a block.
    made: Collection[str] = ()
    causes: Collection[str] = ()


class ReadySteps:
    """The progress of one run over its plan.

    `take()` yields decisions in topological order, each once; `ended()` tells how a step came to its end. Where the
    step gave dynamic outputs, what is mapped over them has a row for each element from then on.
    """

    def __init__(self, plan: Plan, states: Mapping[str, StepState] | None = None) -> None:
        # The rows as they are now, with their places: in the plan, and among the elements of their step.
        self._rows: dict[str, PlannedStep] = {}
        self._order: dict[str, tuple[int, int]] = {}
        self._waiting: dict[str, _Waiting] = {}
        self._consumers: dict[str, list[tuple[_Waiting, PlannedInput, str]]] = {}
        self._ended: dict[str, _Ended] = {}
        self._open = 0
        # Of what is to be expanded: the rows mapped over it, and those that collect some of it.
        self._mapped = mapped_steps(plan.executed)
        self._over = {key: over for over, keys in self._mapped.items() for key in keys}
        self._generators = frozenset(over.step_key for over in self._mapped)
        self._collectors: dict[OutputRef, dict[str, None]] = {}
        # Rows to decide on, with their places, the first one first.
        self._due: list[tuple[tuple[int, int], str]] = []
        for position, step in enumerate(plan.executed.values()):
            self._add(step, (position, 0))
        if states:
            for key in plan.executed:
                self._restore(key, states)

    @property
    def is_over(self) -> bool:
        """Every step of the plan has ended."""
        return self._open == 0

    @property
    def rows(self) -> Mapping[str, PlannedStep]:
        """The steps to execute, by the rows that are known now; in no certain order."""
        return self._rows

    def take(self) -> Iterator[Decision]:
        """The decisions that are due; a Skip or Block counts as the step's end at once."""
        while self._due:
            key = heapq.heappop(self._due)[1]
            waiting = self._waiting.get(key)
            if waiting is None or not waiting.is_due:
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
        self,
        step_key: str,
        status: StepStatus,
        made: Collection[str] = (),
        causes: Collection[str] = (),
        expansions: Mapping[str, Sequence[str]] = {},
    ) -> None:
        """The step ended: `made` names the outputs of a success, `causes` the failures behind a block.

        `expansions` has the mapping keys of the dynamic outputs that a success gave.
        """
        self._waiting[step_key].decided = True
        self._open -= 1
        self._ended[step_key] = _Ended(status, made, causes)
        for output_name, mapping_keys in expansions.items():
            self._expand(OutputRef(step_key, output_name), mapping_keys)
        if step_key in self._generators:
            self._release(step_key)
        for waiting, one, output_name in self._consumers.pop(step_key, ()):
            if not waiting.is_replaced:
                waiting.left -= 1
                self._see_end(waiting, one, step_key, output_name)
                self._look_at(waiting)

    def _add(self, step: PlannedStep, place: tuple[int, int]) -> _Waiting:
        """A row in its place, or another one in the place of one that has its key."""
        key = step.step_key
        waiting = _Waiting(step)
        over = self._over.get(key)
        waiting.is_held = over is not None and over.step_key not in self._ended
        self._open += key not in self._rows
        self._rows[key], self._waiting[key], self._order[key] = step, waiting, place
        for one in step.inputs:
            for source in one.sources:
                if source.run_id is not None:
                    continue
                if one.is_collect:
                    self._see_collector(key, source)
                if source.step_key in self._ended:
                    self._see_end(waiting, one, source.step_key, source.output_name)
                else:
                    waiting.left += 1
                    self._consumers.setdefault(source.step_key, []).append((waiting, one, source.output_name))
        self._look_at(waiting)
        return waiting

    def _see_collector(self, key: str, source: InputSource) -> None:
        over = self._over.get(source.step_key)
        if source.mapping_key == ANY_KEY:
            over = OutputRef(source.step_key, source.output_name)
        if over is not None:
            self._collectors.setdefault(over, {})[key] = None

    def _see_end(self, waiting: _Waiting, one: PlannedInput, step_key: str, output_name: str) -> None:
        """What the end of a source means for a step."""
        ended = self._ended[step_key]
        if not ended.status.ended_well:
            waiting.causes.update(ended.causes or (step_key,))
        elif output_name not in ended.made:
            self._see_absent(waiting, one, f"{step_key}.{output_name}")

    def _look_at(self, waiting: _Waiting) -> None:
        if waiting.is_due:
            heapq.heappush(self._due, (self._order[waiting.key], waiting.key))

    def _expand(self, over: OutputRef, mapping_keys: Sequence[str]) -> None:
        """What is mapped over this output, and what collects of it, from now on by element."""
        mapped = self._mapped.get(over, [])
        for key in self._collectors.pop(over, {}):
            if key in self._rows:
                self._waiting[key].is_replaced = True
                self._add(with_collected(self._rows[key], over, mapped, mapping_keys), self._order[key])
        for key in mapped:
            waiting = self._waiting[key]
            if not mapping_keys:
                waiting.absent = str(over)
                self._look_at(waiting)
                continue
            waiting.is_replaced = True
            self._open -= 1
            del self._waiting[key]
            row, (position, _) = self._rows.pop(key), self._order[key]
            for index, element in enumerate(elements(row, mapping_keys)):
                self._add(element, (position, index))

    def _release(self, generator: str) -> None:
        """What is mapped over a step that has ended, and was not expanded, stays one row."""
        for over, keys in self._mapped.items():
            if over.step_key == generator:
                for key in keys:
                    if (waiting := self._waiting.get(key)) is not None:
                        waiting.is_held = False
                        self._look_at(waiting)

    def _see_absent(self, waiting: _Waiting, one: PlannedInput, name: str) -> None:
        if one.is_fan_in:
            waiting.elements[one.name] -= 1
            if waiting.elements[one.name] > 0:
                return
        if waiting.absent is None:
            waiting.absent = name

    def _restore(self, key: str, states: Mapping[str, StepState]) -> None:
        """How a row of the plan stands; its generator's has been restored before."""
        if key not in self._rows:
            over = self._over[key]
            for mapping_key in states[over.step_key].expansions[over.output_name]:
                self._restore(element_key(step_name(key), mapping_key), states)
            return
        state = states.get(key)
        if state is None:
            return
        if state.status.has_ended:
            made = {output.name for output in state.outputs}
            self.ended(key, state.status, made, state.cause_step_keys, state.expansions)
        elif state.status in (StepStatus.RUNNING, StepStatus.RETRYING):
            self._waiting[key].decided = True


def ready_steps(plan: Plan, states: Mapping[str, StepState]) -> list[Decision]:
    """The decisions that are due where the steps stand as in `states`."""
    return list(ReadySteps(plan, states).take())
