"""Dagster code, of both eras, on Dalsegno by one changed import: `from dalsegno.dagster import op, job, ...`.

A closed list of names, each made of our own definitions; docs/coming-from-dagster.md says what differs. What running
needs is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from dalsegno.dagster.config_schema import Field
from dalsegno.dagster.declarations import (
    DynamicOut,
    DynamicOutput,
    DynamicOutputDefinition,
    In,
    InputDefinition,
    Out,
    Output,
    OutputDefinition,
    RetryPolicy,
)
from dalsegno.dagster.graphs import graph, job, pipeline
from dalsegno.dagster.io_managers import IOManager, fs_io_manager, io_manager, mem_io_manager
from dalsegno.dagster.modes import ModeDefinition
from dalsegno.dagster.ops import op
from dalsegno.dagster.resources import resource
from dalsegno.definitions import Backoff, Failure, Jitter, Nothing, RetryRequested

if TYPE_CHECKING:
    from dalsegno.dagster.execution import ReexecutionOptions, execute_job, execute_pipeline, reexecute_pipeline
    from dalsegno.dagster.instance import DagsterInstance

solid = step = op

# Name -> the module that it is loaded from when it is first used.
_WHEN_USED = {
    "DagsterInstance": "dalsegno.dagster.instance",
    "ReexecutionOptions": "dalsegno.dagster.execution",
    "execute_job": "dalsegno.dagster.execution",
    "execute_pipeline": "dalsegno.dagster.execution",
    "reexecute_pipeline": "dalsegno.dagster.execution",
}

__all__ = [
    "Backoff",
    "DagsterInstance",
    "DynamicOut",
    "DynamicOutput",
    "DynamicOutputDefinition",
    "Failure",
    "Field",
    "IOManager",
    "In",
    "InputDefinition",
    "Jitter",
    "ModeDefinition",
    "Nothing",
    "Out",
    "Output",
    "OutputDefinition",
    "ReexecutionOptions",
    "RetryPolicy",
    "RetryRequested",
    "execute_job",
    "execute_pipeline",
    "fs_io_manager",
    "graph",
    "io_manager",
    "job",
    "mem_io_manager",
    "op",
    "pipeline",
    "reexecute_pipeline",
    "resource",
    "solid",
    "step",
]


def __getattr__(name: str) -> Any:
    if name not in _WHEN_USED:
        raise AttributeError(f"module 'dalsegno.dagster' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_WHEN_USED[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
