"""A pipeline definition as a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dalsegno.definitions.code_version import code_version_of
from dalsegno.snapshot.pipeline_snapshot import (
    InputSnapshot,
    ModeSnapshot,
    OutputSnapshot,
    PipelineSnapshot,
    ResourceSnapshot,
    StepSnapshot,
)

if TYPE_CHECKING:
    from dalsegno.definitions.modes import ModeDefinition
    from dalsegno.definitions.pipeline import PipelineDefinition
    from dalsegno.definitions.wiring import PlacedStep


def describe(pipeline: PipelineDefinition) -> PipelineSnapshot:
    """The pipeline as a frozen value, its steps in topological order."""
    return PipelineSnapshot(
        name=pipeline.name,
        steps=tuple(_step(placed) for placed in pipeline.steps.values()),
        modes=tuple(_mode(mode) for mode in pipeline.modes.values()),
        tags=pipeline.tags,
        description=pipeline.description,
    )


def _step(placed: PlacedStep) -> StepSnapshot:
    definition = placed.definition
    given = definition.code_version
    return StepSnapshot(
        key=placed.key,
        inputs=tuple(_input(placed, name) for name in placed.inputs),
        outputs=tuple(
            OutputSnapshot(
                name=one.name,
                is_required=one.is_required,
                is_dynamic=one.is_dynamic,
                type_name=one.type_name,
                description=one.description,
                io_manager_key=None if one.is_order_only else one.io_manager_key,
            )
            for one in definition.outputs.values()
        ),
        code_version=code_version_of(definition.function) if given is None else given,
        config_schema=definition.config_schema,
        required_resource_keys=tuple(sorted(definition.required_resource_keys)),
        retry_policy=definition.retry_policy,
        tags={**placed.enclosing_tags, **definition.tags},
        description=definition.description,
        mapped_over=placed.mapped_over,
    )


def _input(placed: PlacedStep, name: str) -> InputSnapshot:
    declared = placed.inputs[name]
    connection = placed.connections.get(name)
    return InputSnapshot(
        name=name,
        sources=connection.sources if connection else (),
        is_fan_in=connection.is_fan_in if connection else False,
        is_collect=connection.is_collect if connection else False,
        is_order_only=declared.is_order_only,
        has_default=declared.has_default,
        type_name=declared.type_name,
        description=declared.description,
    )


def _mode(mode: ModeDefinition) -> ModeSnapshot:
    return ModeSnapshot(
        name=mode.name,
        resources=tuple(
            ResourceSnapshot(
                key=key,
                config_schema=definition.config_schema,
                description=definition.description,
                required_resource_keys=tuple(sorted(definition.required_resource_keys)),
            )
            for key, definition in mode.resources.items()
        ),
        description=mode.description,
    )
