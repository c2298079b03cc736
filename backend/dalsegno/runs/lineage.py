"""A run and its ancestors, and what counts in them: the effective state and output of each step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import msgspec

from dalsegno.runs.attempts import StepState
from dalsegno.runs.run import Run
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import OutputRef
from dalsegno.snapshot.step_keys import ANY_KEY, element_key, step_name


class LineageRun(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One run of a lineage with the steps that it touched."""

    run: Run
    # Steps that began, were skipped, blocked or cancelled in it; a planned step without an entry was never reached.
    steps: Mapping[str, StepState]

    @cached_property
    def planned(self) -> frozenset[str]:
        """The keys it was planned to execute."""
        return frozenset(self.run.step_keys_to_execute)

    def was_to_execute(self, step_key: str) -> bool:
        """It was planned to execute this step; an element by itself, or with all elements of its step."""
        return step_key in self.planned or element_key(step_name(step_key), ANY_KEY) in self.planned

    def expansion(self, output: OutputRef) -> tuple[str, ...] | None:
        """The mapping keys that a step has given in this run for a dynamic output; None where it gave none."""
        generator = self.steps.get(output.step_key)
        return None if generator is None else generator.expansions.get(output.output_name)


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
