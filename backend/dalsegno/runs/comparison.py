"""What is different between two runs: their config, and step by step what made and what was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from dalsegno.runs.attempts import Provenance, StepState
from dalsegno.runs.provenance import config_digest
from dalsegno.runs.run import Run
from dalsegno.snapshot.config_values import json_pointer
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.snapshot.step_keys import step_name


class ComparedStep(msgspec.Struct, frozen=True):
    """A step as it stands in one run, with what its outputs were made from."""

    state: StepState
    made_from: Provenance
    # The inputs that it was made from are recorded.
    knows_inputs: bool

    @classmethod
    def of(cls, run: Run, snapshot: PipelineSnapshot, state: StepState) -> ComparedStep:
        """Where the attempt that stands there does not tell what it was made from: the code and config of the run."""
        recorded = state.attempts[-1].provenance if state.attempts else None
        if recorded is not None:
            return cls(state, recorded, True)
        step = snapshot.by_key.get(step_name(state.step_key))
        if step is None:
            return cls(state, Provenance(), False)
        resources = snapshot.mode(run.mode).with_required(step.required_resource_keys)
        digest = config_digest(run.run_config, step.key, resources)
        return cls(state, Provenance(code_version=step.code_version, config_digest=digest), False)


def same_inputs(base: ComparedStep, other: ComparedStep) -> bool | None:
    """Both were made from the same inputs; None where that is not recorded of one."""
    if not (base.knows_inputs and other.knows_inputs):
        return None
    known = [*base.made_from.input_digests.values(), *other.made_from.input_digests.values()]
    if any(digest is None for digests in known for digest in digests):
        return None
    return base.made_from.input_digests == other.made_from.input_digests


def same_outputs(base: StepState, other: StepState) -> bool | None:
    """Both have the same outputs with the same bytes; None where one has none, or where digests do not tell."""
    if not base.outputs or not other.outputs:
        return None
    if base.attempts and other.attempts and base.attempts[-1].token == other.attempts[-1].token:
        # One was reused by the other.
        return True
    there = {(one.name, one.mapping_key): one.digest for one in base.outputs}
    here = {(one.name, one.mapping_key): one.digest for one in other.outputs}
    if there.keys() != here.keys():
        return False
    if None in there.values() or None in here.values():
        return None
    return there == here


def config_differences(base: Any, other: Any, path: str = "") -> Iterator[dict[str, Any]]:
    """{path, base, other} for each value that differs, by its JSON pointer; what is not there is left out."""
    if isinstance(base, Mapping) and isinstance(other, Mapping):
        for name in dict.fromkeys((*base, *other)):
            there, here = base.get(name, msgspec.UNSET), other.get(name, msgspec.UNSET)
            yield from config_differences(there, here, json_pointer(path, name))
    elif not _is_same(base, other):
        values = {"base": base, "other": other}
        yield {"path": path, **{side: value for side, value in values.items() if value is not msgspec.UNSET}}


def _is_same(base: Any, other: Any) -> bool:
    if base is msgspec.UNSET or other is msgspec.UNSET:
        return base is other
    # As JSON, for there 1 and true are two things.
    return msgspec.json.encode(base, order="deterministic") == msgspec.json.encode(other, order="deterministic")
