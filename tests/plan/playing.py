"""Runs played without executing anything: what a plan says is done, and each attempt keeps what it was made from.

What a step stores is a text of its code, config and inputs: it differs where one of them does, unless its code is one
of those that store the same (`code_version` ends in "="), and is new each time where it ends in "~". Then it also has
no digest, as with an IO manager that gives none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from dalsegno.plan.first_plan import plan_first_run
from dalsegno.plan.plan import InputSource, Plan, PlannedStep
from dalsegno.plan.reexecution import ReexecutionRequest, plan_reexecution
from dalsegno.runs.attempts import Provenance, StepAttempt, StepOutput, StepState
from dalsegno.runs.lineage import Lineage, LineageRun
from dalsegno.runs.provenance import attempt_identity, config_digest
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from tests.drawing import NOON


class World(msgspec.Struct, kw_only=True):
    """A pipeline as it is now, the config that is given now, and what its steps do now."""

    snapshot: PipelineSnapshot
    config: Mapping[str, Any] = {}
    mode: str = "default"
    fails: Collection[str] = ()
    # By step with optional outputs: those that it makes.
    makes: Mapping[str, Collection[str]] = {}

    def edit(self, **versions: str) -> None:
        """Gives steps another code."""
        steps = tuple(replace(one, code_version=versions.get(one.key, one.code_version)) for one in self.snapshot.steps)
        self.snapshot = replace(self.snapshot, steps=steps)

    def request(
        self, strategy: ReexecutionStrategy | str, selection: tuple[str, ...] | None = None
    ) -> ReexecutionRequest:
        return ReexecutionRequest(
            strategy=ReexecutionStrategy(strategy), mode=self.mode, run_config=self.config, selection=selection
        )

    def plan(
        self, lineage: Lineage, strategy: ReexecutionStrategy | str, selection: tuple[str, ...] | None = None
    ) -> Plan:
        return plan_reexecution(self.snapshot, lineage, self.request(strategy, selection))

    def first(self, selection: tuple[str, ...] | None = None) -> Lineage:
        """A first run, to its end."""
        plan = plan_first_run(self.snapshot, mode=self.mode, run_config=self.config, selection=selection)
        return self.play(plan, Lineage(()), selection)

    def again(
        self, lineage: Lineage, strategy: ReexecutionStrategy | str, selection: tuple[str, ...] | None = None
    ) -> Lineage:
        """A re-execution of the lineage's nearest run, to its end."""
        return self.play(self.plan(lineage, strategy, selection), lineage)

    def play(self, plan: Plan, lineage: Lineage, selection: tuple[str, ...] | None = None) -> Lineage:
        run_id = f"run{len(lineage.runs)}"
        states: dict[str, StepState] = {}
        for step in plan.executed.values():
            states[step.step_key] = self._state(run_id, step, states)
        run = Run(
            run_id=run_id,
            pipeline_name=self.snapshot.name,
            snapshot_id=self.snapshot.id,
            mode=self.mode,
            run_config=self.config,
            tags={},
            status=RunStatus.SUCCESS,
            created_at=NOON,
            step_keys_to_execute=plan.step_keys_to_execute,
            parent_run_id=lineage.nearest.run_id if lineage.runs else None,
            root_run_id="run0",
            strategy=plan.strategy,
            selection=selection,
        )
        return Lineage((LineageRun(run=run, steps=states), *lineage.runs))

    def _state(self, run_id: str, step: PlannedStep, states: Mapping[str, StepState]) -> StepState:
        key = step.step_key
        inputs: dict[str, tuple[str, ...]] = {}
        skips = blocks = False
        for one in step.inputs:
            found: list[str] = []
            lacks = len(one.absent)
            for source in one.sources:
                here = states.get(source.step_key) if source.run_id is None else None
                if here is not None and not here.status.ended_well:
                    blocks = True
                elif here is not None and here.output(source.output_name) is None:
                    lacks += 1
                else:
                    found.append(_identity(source, here, run_id))
            skips = skips or (lacks > 0 and (not one.is_fan_in or not found))
            if not one.is_order_only:
                inputs[one.name] = tuple(found)
        if skips or blocks:
            return StepState(step_key=key, status=StepStatus.SKIPPED if skips else StepStatus.BLOCKED, ended_at=NOON)
        return self._ran(run_id, key, inputs)

    def _ran(self, run_id: str, key: str, inputs: Mapping[str, tuple[str, ...]]) -> StepState:
        step = self.snapshot.by_key[key]
        status = StepStatus.FAILURE if key in self.fails else StepStatus.SUCCESS
        resources = self.snapshot.mode(self.mode).with_required(step.required_resource_keys)
        digest = config_digest(self.config, key, resources)
        made_from = Provenance(code_version=step.code_version, config_digest=digest, input_digests=inputs)
        code = step.code_version
        text = "same" if code.endswith("=") else str((code, digest, sorted(inputs.items())))
        attempt = StepAttempt(
            number=1,
            token=f"{run_id}-{key}",
            status=status,
            started_at=NOON,
            ended_at=NOON + timedelta(seconds=2),
            provenance=made_from if status is StepStatus.SUCCESS else None,
        )
        names = [one.name for one in step.outputs if one.is_required or one.name in self.makes.get(key, (one.name,))]
        outputs = tuple(
            StepOutput(
                name=name, uri=f"/{run_id}/{key}/{name}", digest=None if code.endswith("~") else f"{key}.{name}:{text}"
            )
            for name in names
        )
        return StepState(
            step_key=key,
            status=status,
            attempts=(attempt,),
            outputs=outputs if status is StepStatus.SUCCESS else (),
            started_at=NOON,
            ended_at=NOON + timedelta(seconds=2),
        )


def _identity(source: InputSource, here: StepState | None, run_id: str) -> str:
    output = here.output(source.output_name) if here is not None else None
    digest = output.digest if output is not None else source.digest
    return digest or attempt_identity(source.run_id or run_id, source.step_key, source.attempt or 1)
