"""Described steps made into a pipeline, whose steps do what their script says and tell whose values they were given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import TopologicalSorter
from typing import Any, Protocol

from dalsegno import In, ModeDefinition, Out, Output, pipeline, resource, step
from dalsegno.definitions import PipelineDefinition, StepDefinition

# A value, as every step makes it: its ref ("step", or "step.output" for a named output) and the run that made it.
Value = tuple[str, str]

UNNAMED = "result"


class ScriptedError(Exception):
    """A step failed because its script says so."""


# By run id and step key: the refs that a body was given, each with the run that made the value.
Received = dict[tuple[str, str], dict[str, str]]


class Script(Protocol):
    """What has happened in a scenario so far, across its runs and the pipelines that they execute."""

    def enter(self, run_id: str, step_key: str, given: Iterable[Value], behaviour: list[str]) -> str:
        """A body was entered with these values; what it is to do now."""

    def start(self) -> None:
        """A run starts, before any of its steps; cancels it where it is to be."""

    def cancel(self, run_id: str) -> None:
        """Cancels a run, out of one of its bodies, which is interrupted by that."""


def build_pipeline(
    steps: Mapping[str, Any], script: Script, name: str = "scenario", tags: Mapping[str, str] | None = None
) -> PipelineDefinition:
    """The pipeline of these described steps."""

    @resource
    def start_signal() -> None:
        script.start()

    @pipeline(name=name, tags=tags, mode_defs=[ModeDefinition(resource_defs={"start_signal": start_signal})])
    def scenario() -> None:
        placed: dict[str, Any] = {}
        for key in in_order(steps):
            handles = [_handle(placed, ref) for ref in steps[key]["upstream"]]
            given = (
                {"items": handles}
                if steps[key].get("fan_in")
                else dict(zip(_input_names(steps[key]), handles, strict=True))
            )
            placed[key] = scripted_step(key, steps[key], script)(**given)

    return scenario


def scripted_step(key: str, described: Mapping[str, Any], script: Script) -> StepDefinition:
    """The step of that key, as described."""
    outputs = described.get("outputs", [UNNAMED])

    @step(
        name=key,
        ins={name: In() for name in _input_names(described)},
        out={name: Out(is_required=not described.get("optional", False)) for name in outputs},
        required_resource_keys={"start_signal"},
    )
    def scripted(context: Any, **inputs: Any) -> Iterator[Output]:
        given = inputs["items"] if described.get("fan_in") else inputs.values()
        behaviour = script.enter(context.run_id, key, given, described["behaviour"])
        if behaviour == "cancel":
            script.cancel(context.run_id)
        if behaviour == "fail":
            raise ScriptedError(f"{key} fails")
        for name in _yielded(behaviour, outputs):
            yield Output((key if name == UNNAMED else f"{key}.{name}", context.run_id), name)
        if behaviour == "late_fail":
            raise ScriptedError(f"{key} fails after its outputs")

    return scripted


def _yielded(behaviour: str, outputs: list[str]) -> list[str]:
    if behaviour in ("success", "late_fail"):
        return outputs
    if behaviour == "skip":
        return []
    word, _, names = behaviour.partition(":")
    assert word == "yield", f"no step can do {behaviour!r}"
    return names.split(",")


def _input_names(described: Mapping[str, Any]) -> list[str]:
    if described.get("fan_in"):
        return ["items"]
    return [f"from_{ref.replace('.', '_')}" for ref in described["upstream"]]


def _handle(placed: Mapping[str, Any], ref: str) -> Any:
    key, _, name = ref.partition(".")
    return placed[key][name or UNNAMED]


def in_order(steps: Mapping[str, Any]) -> Iterable[str]:
    """The keys of described steps, each after what it takes from."""
    upstream = {key: [ref.partition(".")[0] for ref in described["upstream"]] for key, described in steps.items()}
    return TopologicalSorter(upstream).static_order()
