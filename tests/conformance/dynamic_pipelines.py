"""Described steps, dynamic ones among them, made into a pipeline that does what their script says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from dalsegno import DynamicOut, DynamicOutput, In, Instance, Out, Output, pipeline, step
from dalsegno.definitions import PipelineDefinition, StepDefinition
from dalsegno.snapshot.step_keys import mapping_key_of
from tests.conformance.in_process import InProcess
from tests.conformance.pipelines import ScriptedError, in_order

# A value: the step that made it, the run that did, and the mapping key of the element, if it is one.
Value = tuple[str, str, str | None]


class Script(Protocol):
    """What has happened in a scenario so far."""

    def enter(self, run_id: str, step_key: str, given: Mapping[str, Any], behaviour: list[Any]) -> Any:
        """A body was entered with these values; what it is to do now."""


class DynamicScript:
    """A script that is kept in memory. What a body was given stands by ref; of a collect, by ref and mapping key."""

    def __init__(self) -> None:
        self.received: dict[tuple[str, str], dict[str, Any]] = {}
        # How often each step's body was entered, each element by itself.
        self._entered: Counter[str] = Counter()

    def enter(self, run_id: str, step_key: str, given: Mapping[str, Any], behaviour: list[Any]) -> Any:
        self.received[run_id, step_key] = dict(given)
        self._entered[step_key] += 1
        return behaviour[min(self._entered[step_key], len(behaviour)) - 1]


class DynamicInProcess(InProcess):
    """The stage of one scenario with dynamic steps, in this process."""

    def __init__(self, instance: Instance) -> None:
        super().__init__(instance)
        self._dynamic_script = DynamicScript()

    def define(self, steps: Mapping[str, Any]) -> None:
        self._pipeline = build_dynamic_pipeline(steps, self._dynamic_script)

    def received(self) -> Any:
        return self._dynamic_script.received


def build_dynamic_pipeline(
    steps: Mapping[str, Any], script: Script, name: str = "scenario", tags: Mapping[str, str] | None = None
) -> PipelineDefinition:
    """The pipeline of these described steps."""

    @pipeline(name=name, tags=tags)
    def scenario() -> None:
        placed: dict[str, Any] = {}
        for key in in_order(steps):
            described = steps[key]
            definition = _scripted(key, described, script)
            refs = described["upstream"]
            elements = [ref for ref in refs if steps[ref].get("dynamic") or steps[ref].get("map")]
            if described.get("collect"):
                placed[key] = definition(**{ref: placed[ref].collect() for ref in refs})
            elif described.get("map"):
                given = {ref: _element(placed[ref]) if ref in elements else placed[ref] for ref in refs}
                placed[key] = placed[elements[0]].map(lambda _, make=definition, given=given: make(**given))
            else:
                placed[key] = definition(**{ref: placed[ref] for ref in refs})

    return scenario


def _element(handle: Any) -> Any:
    found: list[Any] = []
    handle.map(found.append)
    return found[0]


def _scripted(key: str, described: Mapping[str, Any], script: Script) -> StepDefinition:
    is_required = not described.get("optional", False)

    @step(
        name=key,
        ins={ref: In() for ref in described["upstream"]},
        out=DynamicOut(is_required=is_required) if described.get("dynamic") else Out(is_required=is_required),
    )
    def scripted(context: Any, **inputs: Any) -> Iterator[Any]:
        mapping_key = mapping_key_of(context.step_key)
        behaviours = described["behaviour"]
        if described.get("map"):
            behaviours = behaviours.get(mapping_key, behaviours["*"])
        given = {ref: _made_in(value) for ref, value in inputs.items()}
        behaviour = script.enter(context.run_id, context.step_key, given, behaviours)
        if behaviour == "fail":
            raise ScriptedError(f"{key} fails")
        if described.get("dynamic"):
            keys, then = (behaviour["keys"], behaviour["then"]) if isinstance(behaviour, dict) else (behaviour, None)
            for one in keys:
                yield DynamicOutput((key, context.run_id, one), one)
            if then == "fail":
                raise ScriptedError(f"{key} fails after its elements")
        elif behaviour != "skip":
            yield Output((key, context.run_id, mapping_key))

    return scripted


def _made_in(value: Any) -> Any:
    return {key: run_id for _, run_id, key in value} if isinstance(value, list) else value[1]
