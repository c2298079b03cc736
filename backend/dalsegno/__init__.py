"""Dalsegno: pipelines of steps whose first concern is re-execution.

Everything that authors and scripts may rely on is here. What running needs (a database, a planner) is loaded when it is
first used, so that importing an author's module stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dalsegno.definitions import (
    Backoff,
    DynamicOut,
    DynamicOutput,
    Failure,
    In,
    InputContext,
    IOManager,
    Jitter,
    ModeDefinition,
    Nothing,
    Out,
    Output,
    OutputContext,
    RetryPolicy,
    RetryRequested,
    StepContext,
    fs_io_manager,
    io_manager,
    mem_io_manager,
    pipeline,
    resource,
    solid,
    step,
)
from dalsegno.errors import (
    DalsegnoError,
    IdempotencyConflictError,
    InvalidDefinitionError,
    InvalidRunConfigError,
    InvalidSelectionError,
    MissingOutputsError,
    PipelineNotFoundError,
    ReexecutionNotAllowedError,
    RunNotFoundError,
    StalePlanError,
)
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus

if TYPE_CHECKING:
    from dalsegno.in_process import execute_pipeline, plan_reexecution, reexecute_pipeline
    from dalsegno.instance import Instance
    from dalsegno.instance import Instance as DagsterInstance
    from dalsegno.result import PipelineResult

# Name -> the module that it is loaded from when it is first used, and what it is called there.
_WHEN_USED = {
    "DagsterInstance": ("dalsegno.instance", "Instance"),
    "Instance": ("dalsegno.instance", "Instance"),
    "PipelineResult": ("dalsegno.result", "PipelineResult"),
    "execute_pipeline": ("dalsegno.in_process", "execute_pipeline"),
    "plan_reexecution": ("dalsegno.in_process", "plan_reexecution"),
    "reexecute_pipeline": ("dalsegno.in_process", "reexecute_pipeline"),
}

__all__ = [
    "Backoff",
    "DagsterInstance",
    "DalsegnoError",
    "DynamicOut",
    "DynamicOutput",
    "Failure",
    "IOManager",
    "IdempotencyConflictError",
    "In",
    "InputContext",
    "Instance",
    "InvalidDefinitionError",
    "InvalidRunConfigError",
    "InvalidSelectionError",
    "Jitter",
    "MissingOutputsError",
    "ModeDefinition",
    "Nothing",
    "Out",
    "Output",
    "OutputContext",
    "PipelineNotFoundError",
    "PipelineResult",
    "ReexecutionNotAllowedError",
    "ReexecutionStrategy",
    "RetryPolicy",
    "RetryRequested",
    "RunNotFoundError",
    "RunStatus",
    "StalePlanError",
    "StepContext",
    "StepStatus",
    "execute_pipeline",
    "fs_io_manager",
    "io_manager",
    "mem_io_manager",
    "pipeline",
    "plan_reexecution",
    "reexecute_pipeline",
    "resource",
    "solid",
    "step",
]


def __getattr__(name: str) -> Any:
    if name not in _WHEN_USED:
        raise AttributeError(f"module 'dalsegno' has no attribute {name!r}")
    module, attribute = _WHEN_USED[name]
    value = globals()[name] = getattr(import_module(module), attribute)
    return value


def __dir__() -> list[str]:
    return __all__
