"""Planning a re-execution, slow and obvious: each rule as it is said, nothing kept, nothing shared with the planner.

It looks at runs as `tests.plan.playing` plays them, and takes a list of keys where the planner takes a selection.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dalsegno.plan.plan import InputSource
from dalsegno.runs.attempts import StepState
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import InputSnapshot, OutputRef
from tests.plan.playing import World

WELL = (StepStatus.SUCCESS, StepStatus.SKIPPED)


class Refused(Exception):
    """The strategy does not apply, or an output is missing."""


class Reference:
    """What a re-execution of the lineage's nearest run does, step by step."""

    def __init__(self, world: World, lineage: Lineage, strategy: str, picked: tuple[str, ...] = ()) -> None:
        self.world, self.lineage, self.steps = world, lineage, world.snapshot.by_key
        root = lineage.runs[-1].run
        self.scope = set(self.steps) if root.selection is None else {key for key in self.steps if key in root.selection}
        self.executed: set[str] = set()
        self.executed = self.choose(strategy, set(picked))
        if not self.executed and strategy != "NOTHING":
            raise Refused
        self.reused = {key for key in self.scope - self.executed if self.well(key)}
        self.stale = {key for key in self.reused if self.is_replaced(key)}
        self.sources = {key: self.load(key) for key in self.executed}

    def choose(self, strategy: str, picked: set[str]) -> set[str]:
        unsettled = {key for key in self.scope if not self.is_settled(key)}
        match strategy:
            case "NOTHING":
                return set()
            case "ALL_STEPS":
                return self.scope
            case "SELECTED_STEPS":
                return picked
            case "FROM_SELECTED":
                return picked | self.downstream(picked)
            case "FROM_CHANGED":
                begin = unsettled | {key for key in self.scope if self.well(key) and self.has_changed(key)}
                return begin | self.downstream(begin)
        executed = set(unsettled)
        for key in self.steps:  # in topological order
            if key in self.scope and self.parents(key) & executed and not self.stays_skipped(key, executed):
                executed.add(key)
        return executed

    def parents(self, key: str) -> set[str]:
        return {ref.step_key for one in self.steps[key].inputs for ref in one.sources if ref.step_key in self.scope}

    def downstream(self, keys: set[str]) -> set[str]:
        more = {key for key in self.scope if self.parents(key) & keys}
        return more if more <= keys else more | self.downstream(keys | more)

    def is_settled(self, key: str) -> bool:
        for one in self.lineage:
            if key in one.run.step_keys_to_execute:
                return key in one.steps and one.steps[key].status in WELL
        return False

    def well(self, key: str) -> tuple[str, StepState] | None:
        """The run in which a step ended well last, and how."""
        for one in self.lineage:
            if key in one.run.step_keys_to_execute and key in one.steps and one.steps[key].status in WELL:
                return one.run.run_id, one.steps[key]
        return None

    def made(self, ref: OutputRef) -> bool | None:
        well = self.well(ref.step_key)
        return None if well is None else any(output.name == ref.output_name for output in well[1].outputs)

    def stays_skipped(self, key: str, again: set[str]) -> bool:
        well = self.well(key)
        if well is None or well[1].status is not StepStatus.SKIPPED:
            return False
        return any(self.is_absent(one, again) for one in self.steps[key].inputs)

    def is_absent(self, one: InputSnapshot, again: set[str]) -> bool:
        absent = [ref.step_key not in again and self.made(ref) is False for ref in one.sources]
        return bool(absent) and (all(absent) if one.is_fan_in else any(absent))

    def has_changed(self, key: str) -> bool:
        run_id, state = self.well(key) or ("", StepState(step_key=key))
        if state.status is StepStatus.SKIPPED:
            return not self.stays_skipped(key, set())
        made_from = state.attempts[-1].provenance
        assert made_from is not None
        run = next(one.run for one in self.lineage if one.run.run_id == run_id)
        now = (self.steps[key].code_version, self.config(self.world.config, key), dict(self.inputs_now(key)))
        return now != (made_from.code_version, self.config(run.run_config, key), dict(made_from.input_digests))

    def config(self, run_config: Any, key: str) -> Any:
        return run_config.get("steps", {}).get(key, {}).get("config")

    def inputs_now(self, key: str) -> Iterator[tuple[str, Any]]:
        for one in self.steps[key].inputs:
            if not one.is_order_only:
                made = [self.made(ref) for ref in one.sources]
                is_there = None not in made and (any(made) if one.is_fan_in else all(made))
                yield one.name, tuple(self.bytes_of(ref) for ref in one.sources if self.made(ref)) if is_there else None

    def bytes_of(self, ref: OutputRef) -> str:
        run_id, state = self.well(ref.step_key) or ("", StepState(step_key=""))
        (output,) = [one for one in state.outputs if one.name == ref.output_name]
        return output.digest or f"attempt:{run_id}/{ref.step_key}/1"

    def is_replaced(self, key: str) -> bool:
        """It executes, or what it was made from has been, or will be, replaced."""
        if key in self.executed:
            return True
        if key in self.reused and self.has_changed(key):
            return True
        made_from = {ref.step_key for one in self.steps[key].inputs if not one.is_order_only for ref in one.sources}
        return any(map(self.is_replaced, made_from)) and not (
            key in self.reused
            and self.stays_skipped(key, {one for one in self.steps if self.is_replaced_above(one, key)})
        )

    def is_replaced_above(self, one: str, key: str) -> bool:
        order = list(self.steps)
        return order.index(one) < order.index(key) and self.is_replaced(one)

    def load(self, key: str) -> list[InputSource]:
        """What the inputs of a step that executes are loaded from."""
        found: list[InputSource] = []
        missing = False
        for one in self.steps[key].inputs:
            for ref in one.sources:
                well = self.well(ref.step_key)
                if ref.step_key in self.executed:
                    found.append(InputSource(step_key=ref.step_key, output_name=ref.output_name))
                elif self.made(ref) is None and not one.is_order_only:
                    missing = True
                elif self.made(ref) and not one.is_order_only and well is not None:
                    found.append(InputSource(step_key=ref.step_key, output_name=ref.output_name, run_id=well[0]))
        if missing and not self.will_skip(key):
            raise Refused
        return found

    def will_skip(self, key: str) -> bool:
        """It executes, and is certain to be skipped: a skip upstream beats a missing output."""
        return any(self.is_certain_to_lack(one) for one in self.steps[key].inputs)

    def is_certain_to_lack(self, one: InputSnapshot) -> bool:
        def lacks(ref: OutputRef) -> bool:
            return self.will_skip(ref.step_key) if ref.step_key in self.executed else self.made(ref) is False

        lacking = [lacks(ref) for ref in one.sources if one.is_fan_in or lacks(ref)]
        return bool(lacking) and all(lacking)
