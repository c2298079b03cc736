"""A pipeline as a frozen value: its steps, how they are wired, its modes; its id is the hash of its content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import msgspec

from dalsegno.snapshot.retry_policy import RetryPolicy
from dalsegno.snapshot.step_graph import StepGraph

# A JSON Schema, as pydantic writes it.
JsonSchema = Mapping[str, Any]


class OutputRef(msgspec.Struct, frozen=True, array_like=True):
    """One output of one step."""

    step_key: str
    output_name: str

    def __str__(self) -> str:
        return f"{self.step_key}.{self.output_name}"

    @property
    def element(self) -> str | None:
        """Of a dynamic output, which of its values: a mapping key, or "?" for each of them; None in a definition."""
        return None


class ElementRef(OutputRef, frozen=True, array_like=True):
    """A value of a dynamic output."""

    mapping_key: str

    @property
    def element(self) -> str | None:
        """The mapping key, or "?" for each of them."""
        return self.mapping_key


class InputSnapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One input of a step, and the outputs it is connected to."""

    name: str
    # Empty: taken from the run config, else the parameter's default.
    sources: tuple[OutputRef, ...] = ()
    # It takes the list of all its sources' values.
    is_fan_in: bool = False
    # That list is what all elements of a dynamic output, or of a mapped step, give.
    is_collect: bool = False
    # It binds the order only; no value is loaded.
    is_order_only: bool = False
    has_default: bool = False
    type_name: str | None = None
    description: str | None = None


class OutputSnapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One output that a step may give."""

    name: str
    is_required: bool = True
    is_dynamic: bool = False
    type_name: str | None = None
    description: str | None = None
    # The resource that stores and loads it; None: it carries no value.
    io_manager_key: str | None = "io_manager"


class StepSnapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One step in its place in a pipeline."""

    # It says which pipelines the step was called in as well: "outer.inner.step", in "outer" and "outer.inner".
    key: str
    inputs: tuple[InputSnapshot, ...] = ()
    outputs: tuple[OutputSnapshot, ...] = ()
    # As given by the author, else derived from the step's code.
    code_version: str = ""
    # Of the step's own config; None where it takes none.
    config_schema: JsonSchema | None = None
    required_resource_keys: tuple[str, ...] = ()
    retry_policy: RetryPolicy | None = None
    # Those of the pipelines that it was called in among them.
    tags: Mapping[str, str] = {}
    description: str | None = None
    # The dynamic output for each of whose elements it is executed once.
    mapped_over: OutputRef | None = None

    def output(self, name: str) -> OutputSnapshot:
        """The output of that name; KeyError where there is none."""
        for output in self.outputs:
            if output.name == name:
                return output
        raise KeyError(name)


class ResourceSnapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One resource of a mode."""

    key: str
    config_schema: JsonSchema | None = None
    description: str | None = None
    # Other resources of the mode that it is made from.
    required_resource_keys: tuple[str, ...] = ()


class ModeSnapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A named set of resources that a pipeline can run with."""

    name: str
    resources: tuple[ResourceSnapshot, ...] = ()
    description: str | None = None

    def with_required(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of the resources that the mode has, and all that they require in turn."""
        resources = {one.key: one for one in self.resources}
        pending, found = list(keys), set()
        while pending:
            key = pending.pop()
            if key not in found and key in resources:
                found.add(key)
                pending.extend(resources[key].required_resource_keys)
        return frozenset(found)


class PipelineSnapshot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """A whole pipeline. `steps` are in topological order, those of one rank as the author wrote them."""

    name: str
    steps: tuple[StepSnapshot, ...]
    modes: tuple[ModeSnapshot, ...]
    tags: Mapping[str, str] = {}
    description: str | None = None

    @cached_property
    def content(self) -> bytes:
        """Canonical JSON: equal pipelines give equal bytes."""
        return msgspec.json.encode(self, order="deterministic")

    @cached_property
    def id(self) -> str:
        """Hex of the SHA-256 of the content, its first 40 digits."""
        return hashlib.sha256(self.content).hexdigest()[:40]

    @cached_property
    def by_key(self) -> Mapping[str, StepSnapshot]:
        """The steps by step key, in topological order."""
        return {step.key: step for step in self.steps}

    @cached_property
    def tags_by_key(self) -> Mapping[str, Mapping[str, str]]:
        """The tags by step key, of the steps that have some."""
        return {step.key: step.tags for step in self.steps if step.tags}

    @cached_property
    def graph(self) -> StepGraph:
        """Who is upstream of whom, order-only edges included."""
        return StepGraph(
            {
                step.key: tuple(dict.fromkeys(ref.step_key for one in step.inputs for ref in one.sources))
                for step in self.steps
            }
        )

    @cached_property
    def dynamic_outputs(self) -> tuple[OutputRef, ...]:
        """Every dynamic output of its steps."""
        return tuple(OutputRef(step.key, one.name) for step in self.steps for one in step.outputs if one.is_dynamic)

    @cached_property
    def generators(self) -> Mapping[str, tuple[OutputRef, ...]]:
        """The steps that have dynamic outputs, with these, in topological order."""
        found: dict[str, tuple[OutputRef, ...]] = {}
        for ref in self.dynamic_outputs:
            found[ref.step_key] = (*found.get(ref.step_key, ()), ref)
        return found

    def elements_of(self, ref: OutputRef) -> OutputRef | None:
        """The dynamic output that has the elements which this output stands for: itself, or what its step is mapped
        over; None for an output that is one value.
        """
        step = self.by_key[ref.step_key]
        if step.mapped_over is not None:
            return step.mapped_over
        return ref if step.key in self.generators and step.output(ref.output_name).is_dynamic else None

    def mode(self, name: str) -> ModeSnapshot:
        """The mode of that name; KeyError where there is none."""
        for mode in self.modes:
            if mode.name == name:
                return mode
        raise KeyError(name)

    @staticmethod
    def from_content(content: bytes) -> PipelineSnapshot:
        """The snapshot that `content` was made from; it keeps its id, whichever version described it."""
        snapshot = msgspec.json.decode(content, type=PipelineSnapshot)
        snapshot.__dict__["content"] = content
        return snapshot
