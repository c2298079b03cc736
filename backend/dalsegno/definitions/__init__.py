"""What authors write: steps, pipelines, resources, IO managers. Live functions, described as snapshots."""

from dalsegno.definitions.context import InitResourceContext, StepContext
from dalsegno.definitions.failures import Failure, RetryRequested
from dalsegno.definitions.file_io_manager import fs_io_manager
from dalsegno.definitions.inputs_outputs import DynamicOut, DynamicOutput, In, Nothing, Out, Output
from dalsegno.definitions.io_managers import InputContext, IOManager, OutputContext, io_manager
from dalsegno.definitions.memory_io_manager import mem_io_manager
from dalsegno.definitions.modes import ModeDefinition
from dalsegno.definitions.pipeline import PipelineDefinition, pipeline
from dalsegno.definitions.resources import ResourceDefinition, resource
from dalsegno.definitions.step import StepDefinition, solid, step
from dalsegno.snapshot.retry_policy import Backoff, Jitter, RetryPolicy

__all__ = [
    "Backoff",
    "DynamicOut",
    "DynamicOutput",
    "Failure",
    "IOManager",
    "In",
    "InitResourceContext",
    "InputContext",
    "Jitter",
    "ModeDefinition",
    "Nothing",
    "Out",
    "Output",
    "OutputContext",
    "PipelineDefinition",
    "ResourceDefinition",
    "RetryPolicy",
    "RetryRequested",
    "StepContext",
    "StepDefinition",
    "fs_io_manager",
    "io_manager",
    "mem_io_manager",
    "pipeline",
    "resource",
    "solid",
    "step",
]
