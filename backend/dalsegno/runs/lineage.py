"""A run and its ancestors, and what counts in them: the effective state and output of each step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from dalsegno.runs.attempts import StepState
from dalsegno.runs.run import Run
from dalsegno.runs.status import StepStatus


class LineageRun(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One run of a lineage with the steps that it touched."""

    run: Run
    # Steps that began, were skipped, blocked or cancelled in it; a planned step without an entry was never reached.
    steps: Mapping[str, StepState]

    @cached_property
    def planned(self) -> frozenset[str]:
        """The keys it was planned to execute."""
        return frozenset(self.run.step_keys_to_execute)


class EffectiveStep(msgspec.Struct, frozen=True, kw_only=True):
    """What counts of one step in a lineage."""

    step_key: str
    # In the nearest run that was planned to execute it.
    status: StepStatus
    run_id: str
    # The nearest run in which it ended well, and its state there; it may be another run.
    well_run_id: str | None = None
    well: StepState | None = None

    @property
    def is_settled(self) -> bool:
        """Success or skipped where it was last planned; blocked is not skipped."""
        return self.status.ended_well


class Lineage(msgspec.Struct, frozen=True, dict=True):
    """The runs from one run to its root, nearest first."""

    runs: tuple[LineageRun, ...]

    def __iter__(self) -> Iterator[LineageRun]:
        return iter(self.runs)

    @property
    def nearest(self) -> Run:
        """The run that the lineage is of."""
        return self.runs[0].run

    @property
    def root(self) -> Run:
        """The first run of the group."""
        return self.runs[-1].run

    @cached_property
    def effective(self) -> Mapping[str, EffectiveStep]:
        """By step key, for every step that any run of the lineage was planned to execute."""
        status: dict[str, tuple[StepStatus, str]] = {}
        well: dict[str, tuple[str, StepState]] = {}
        for one in self.runs:
            for key in one.run.step_keys_to_execute:
                state = one.steps.get(key)
                if key not in status:
                    status[key] = (state.status if state else StepStatus.PENDING, one.run.run_id)
                if key not in well and state is not None and state.status.ended_well:
                    well[key] = (one.run.run_id, state)
        return {
            key: EffectiveStep(
                step_key=key,
                status=found[0],
                run_id=found[1],
                well_run_id=well[key][0] if key in well else None,
                well=well[key][1] if key in well else None,
            )
            for key, found in status.items()
        }

    def is_settled(self, step_key: str) -> bool:
        """The step's effective state is success or skipped."""
        step = self.effective.get(step_key)
        return step is not None and step.is_settled
