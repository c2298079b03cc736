"""What has changed since a step's effective output was made: its code, the config it reads, or its inputs.

What made it is kept with the attempt (`Provenance`). It is compared with the snapshot as it is now, the config that the
launch would give, and the outputs that its inputs would be loaded from now. Outputs are compared by digest. One whose
IO manager gave no digest is known by the attempt that made it: another attempt is another output.

Where an attempt does not tell what it was made from, its config is that of its run, an input has changed when its
producer has ended well again since, and its code is taken to be the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

import msgspec

from dalsegno.plan.config_changes import config_differences
from dalsegno.plan.input_sources import made_output, sources_there_are, stays_skipped
from dalsegno.plan.plan import PlanReason
from dalsegno.runs.attempts import Provenance
from dalsegno.runs.effective_steps import EffectiveSteps
from dalsegno.runs.lineage import EffectiveStep, Lineage
from dalsegno.runs.provenance import attempt_identity, config_digest, digest_of
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import InputSnapshot, OutputRef, StepSnapshot
from dalsegno.snapshot.step_keys import step_name

_NOTHING_RECORDED = Provenance()


class Change(msgspec.Struct, frozen=True):
    """One thing that has changed for a step."""

    # CODE_CHANGED, CONFIG_CHANGED or INPUT_CHANGED.
    code: PlanReason
    # For people, e.g. "config threshold 0.5 -> 0.7".
    what: str


class Changes:
    """What has changed for each row of the effective steps, looked at when it is asked for.

    `lineage` is the parent's, in which they count; `mode` and `run_config` (complete: checked, defaults filled in) are
    those of the launch.
    """

    def __init__(
        self, effective: EffectiveSteps, lineage: Lineage, *, mode: str, run_config: Mapping[str, Any]
    ) -> None:
        self.effective = effective
        self._rows = effective.rows
        self._effective = effective.by_key
        self._lineage = lineage
        # By run: the parent 0, its parent 1, and so on.
        self._distance = {one.run.run_id: distance for distance, one in enumerate(lineage)}
        self._runs = {one.run.run_id: one.run for one in lineage}
        self._mode = effective.rows.snapshot.mode(mode)
        self._run_config = run_config
        self._found: dict[str, tuple[Change, ...]] = {}

    def of(self, step_key: str) -> tuple[Change, ...]:
        """What has changed for a step; nothing where it has no effective output."""
        if step_key in self._untouched:
            return ()
        found = self._found.get(step_key)
        if found is None:
            found = self._found[step_key] = tuple(self._look(self._rows.by_key[step_key]))
        return found

    def keys(self) -> tuple[str, ...]:
        """The rows for which something has changed, in topological order."""
        return tuple(step.key for step in self._rows.steps if self.of(step.key))

    def _look(self, step: StepSnapshot) -> Iterator[Change]:
        effective = self._effective.get(step.key)
        if effective is None or effective.well is None or effective.well_run_id is None:
            return
        if effective.well.status is StepStatus.SKIPPED:
            if not stays_skipped(self._rows, step.key, (), self._effective):
                yield Change(PlanReason.INPUT_CHANGED, "what it was skipped for is there now")
            return
        attempts = effective.well.attempts
        yield from self._compare(step, effective.well_run_id, attempts[-1].provenance if attempts else None)

    def _compare(self, step: StepSnapshot, run_id: str, recorded: Provenance | None) -> Iterator[Change]:
        if recorded is not None and recorded.code_version != step.code_version:
            yield Change(PlanReason.CODE_CHANGED, f"code changed since it ran {in_run(run_id, self._lineage)}")
        config = self._config(step, run_id, recorded)
        if config is not None:
            yield Change(PlanReason.CONFIG_CHANGED, config)
        for what in self._inputs(step, run_id, recorded):
            yield Change(PlanReason.INPUT_CHANGED, what)

    @cached_property
    def _untouched(self) -> frozenset[str]:
        """The steps whose code, config and inputs are plainly what was recorded: most are. One tight loop over all."""
        found: list[str] = []
        with_this_config = self._runs_with_this_config
        for step in self._rows.steps:
            effective = self._effective.get(step.key)
            well = effective.well if effective is not None else None
            recorded = well.attempts[-1].provenance if well is not None and well.attempts else None
            if (
                recorded is not None
                and recorded.code_version == step.code_version
                and effective is not None
                and effective.well_run_id in with_this_config
                and _are_loaded_alike(step.inputs, recorded.input_digests, self._effective)
            ):
                found.append(step.key)
        return frozenset(found)

    @cached_property
    def _runs_with_this_config(self) -> frozenset[str]:
        """The runs of the lineage that had this very mode and config, for whatever step."""
        # As JSON, for there 1 and true are two things.
        now = msgspec.json.encode(self._run_config, order="deterministic")
        return frozenset(
            run_id
            for run_id, run in self._runs.items()
            if run.mode == self._mode.name and msgspec.json.encode(run.run_config, order="deterministic") == now
        )

    def _config(self, step: StepSnapshot, run_id: str, recorded: Provenance | None) -> str | None:
        """The change in what the step reads: its own config, that of its resources, and which mode gives these."""
        resource_keys = (
            sorted(self._mode.with_required(step.required_resource_keys)) if step.required_resource_keys else ()
        )
        name, run = step_name(step.key), self._runs[run_id]
        if resource_keys and run.mode != self._mode.name:
            return f"mode {run.mode} -> {self._mode.name}, which gives it its resources"
        before = recorded.config_digest if recorded else config_digest(run.run_config, name, resource_keys)
        if before == config_digest(self._run_config, name, resource_keys):
            return None
        named = config_differences(run.run_config, self._run_config, name, resource_keys)
        return named or "config of other resources than those that it reads now"

    def _inputs(self, step: StepSnapshot, run_id: str, recorded: Provenance | None) -> Iterator[str]:
        digests = (recorded or _NOTHING_RECORDED).input_digests
        for one in step.inputs:
            if not one.is_order_only:
                before = digests.get(one.name) if recorded else None
                what = self._input(step, one, run_id, before, is_recorded=recorded is not None)
                if what is not None:
                    yield f"input {one.name} {what}"
        names = {one.name for one in step.inputs}
        yield from (f"input {name} is gone" for name in digests if name not in names)

    def _input(
        self,
        step: StepSnapshot,
        one: InputSnapshot,
        run_id: str,
        before: tuple[str | None, ...] | None,
        *,
        is_recorded: bool,
    ) -> str | None:
        """What has changed of an input that `before` was loaded for, by a step in this run."""
        given = (self._run_config.get("steps", {}).get(step_name(step.key)) or {}).get("inputs") or {}
        if one.name in given:
            is_same = not is_recorded or before == (digest_of(given[one.name]),)
            return None if is_same else "is given another value"
        sources = sources_there_are(self._rows, one)
        present: list[OutputRef] = []
        for ref in sources:
            made = made_output(self._rows, ref, self._effective.get(ref.step_key))
            if made is None:
                return f"comes from {ref.step_key}, which has not ended well"
            if made:
                present.append(ref)
            elif not one.is_fan_in:
                return f"is not there any more: {ref} was not made"
        if sources and not present:
            return "is not there any more: none of its elements was made"
        again = [ref for ref in present if self._ran_again(ref, run_id)]
        if not is_recorded:
            return self._made_again(again) if again else None
        if len(before or ()) == len(present) and all(
            (ref not in again) if then is None else then == _identity(ref, self._effective)
            for then, ref in zip(before or (), present, strict=True)
        ):
            return None
        if again:
            return self._made_again(again)
        return "has other elements now" if one.is_collect else "is connected otherwise"

    def _ran_again(self, ref: OutputRef, run_id: str) -> bool:
        """The output is made by a later run of the lineage than the one that loaded it."""
        made_in = self._effective[ref.step_key].well_run_id
        return made_in is not None and self._distance[made_in] < self._distance[run_id]

    def _made_again(self, again: list[OutputRef]) -> str:
        ref = again[0]
        others = f" and {len(again) - 1} more" if len(again) > 1 else ""
        made_in = self._effective[ref.step_key].well_run_id or ""
        return f"changed: {ref.step_key}{others} ran again {in_run(made_in, self._lineage)}"


def _are_loaded_alike(
    inputs: Iterable[InputSnapshot],
    digests: Mapping[str, tuple[str | None, ...]],
    effective: Mapping[str, EffectiveStep],
) -> bool:
    """Every input would be loaded from just what was recorded."""
    loaded = 0
    for one in inputs:
        before = digests.get(one.name)
        sources = one.sources
        if before is None:
            if sources and not one.is_order_only:
                return False
            continue
        if len(before) != len(sources):
            return False
        loaded += 1
        for position, ref in enumerate(sources):
            if before[position] != _identity(ref, effective) or before[position] is None:
                return False
    return loaded == len(digests)


def _identity(ref: OutputRef, effective: Mapping[str, EffectiveStep]) -> str | None:
    """The digest of an effective output, else the attempt that made it; None where there is none."""
    step = effective.get(ref.step_key)
    well = step.well if step is not None else None
    if step is None or well is None:
        return None
    name, element = ref.output_name, ref.element
    for output in well.outputs:
        if output.name == name and output.mapping_key == element:
            if output.digest is not None:
                return output.digest
            number = well.attempts[-1].number if well.attempts else 1
            return attempt_identity(step.well_run_id or "", ref.step_key, number)
    return None


def in_run(run_id: str, lineage: Lineage) -> str:
    """`in the first run`, `in the parent run`, `in run 0190...`."""
    if run_id == lineage.root.run_id:
        return "in the first run"
    return "in the parent run" if run_id == lineage.nearest.run_id else f"in run {run_id}"


def reason_of(changes: tuple[Change, ...]) -> tuple[PlanReason, str]:
    """Why a step executes for which these have changed."""
    return changes[0].code, "; ".join(one.what for one in changes)
