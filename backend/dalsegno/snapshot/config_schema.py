"""The run config of a pipeline: its JSON Schema, and the check of a given one, defaults filled in.

A run config is {"steps": {key: {"config": ..., "inputs": {name: ...}}}, "resources": {key: {"config": ...}}}.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from dalsegno.errors import ConfigProblem, InvalidRunConfigError
from dalsegno.snapshot.close_names import known_names
from dalsegno.snapshot.config_values import json_copy, json_pointer, needs_a_value, with_defaults
from dalsegno.snapshot.pipeline_snapshot import JsonSchema, ModeSnapshot, PipelineSnapshot, StepSnapshot
from dalsegno.snapshot.step_keys import step_names

SECTIONS = ("steps", "resources")


def run_config_schema(snapshot: PipelineSnapshot, mode: str) -> dict[str, Any]:
    """JSON Schema of a run config, for a form or an editor. Raises InvalidRunConfigError for an unknown mode."""
    definitions: dict[str, Any] = {}
    steps = {step.key: _step_schema(step, definitions) for step in snapshot.steps}
    resources = {
        one.key: _closed({"config": _hoisted(one.config_schema, f"resources.{one.key}", definitions)})
        for one in _mode(snapshot, mode).resources
        if one.config_schema is not None
    }
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Run config of {snapshot.name}",
        **_closed({"steps": _closed(steps), "resources": _closed(resources)}),
    }
    return {**schema, "$defs": definitions} if definitions else schema


def check_run_config(
    snapshot: PipelineSnapshot, mode: str, run_config: Any, *, executed: Collection[str] | None = None
) -> dict[str, Any]:
    """The run config with defaults filled in; None stands for an empty one.

    Every key must be known. Configs are checked, and required, where the steps in `executed` (None: all) read them:
    their own, and those of resources and IO managers that they use. Raises InvalidRunConfigError with every problem.
    """
    problems: list[ConfigProblem] = []
    check = _Check(snapshot, _mode(snapshot, mode), executed, problems)
    document = check.complete(json_copy(run_config, "", problems))
    if problems:
        raise InvalidRunConfigError(problems=tuple(problems))
    return document


def resources_read(snapshot: PipelineSnapshot, mode: str, step_keys: Iterable[str]) -> frozenset[str]:
    """The resources that running these steps takes, IO managers of what they give and are given included."""
    pending: set[str] = set()
    for step in map(snapshot.by_key.__getitem__, step_names(step_keys)):
        pending.update(step.required_resource_keys)
        pending.update(one.io_manager_key for one in step.outputs if one.io_manager_key is not None)
        for ref in (ref for one in step.inputs if not one.is_order_only for ref in one.sources):
            manager = snapshot.by_key[ref.step_key].output(ref.output_name).io_manager_key
            pending.update((manager,) if manager is not None else ())
    return _mode(snapshot, mode).with_required(pending)


class _Check:
    def __init__(
        self,
        snapshot: PipelineSnapshot,
        mode: ModeSnapshot,
        executed: Collection[str] | None,
        problems: list[ConfigProblem],
    ) -> None:
        self.snapshot = snapshot
        self.mode = mode
        self.executed = snapshot.by_key.keys() if executed is None else frozenset(step_names(executed))
        self.problems = problems

    def complete(self, given: Any) -> dict[str, Any]:
        document = self._mapping("", given, SECTIONS)
        steps = self._mapping("/steps", document.get("steps"), self.snapshot.by_key)
        by_key = {one.key: one for one in self.mode.resources}
        resources = self._mapping("/resources", document.get("resources"), by_key)
        completed_steps = {
            step.key: completed for step in self.snapshot.steps if (completed := self._step(step, steps.get(step.key)))
        }
        completed_resources = self._resources(resources)
        sections = {"steps": completed_steps, "resources": completed_resources}
        return {name: section for name, section in sections.items() if section}

    def _resources(self, given: Mapping[str, Any]) -> dict[str, Any]:
        read: frozenset[str] | None = None
        completed: dict[str, Any] = {}
        for one in self.mode.resources:
            if one.config_schema is None and one.key not in given:
                continue
            path = json_pointer("/resources", one.key)
            if read is None:
                read = resources_read(self.snapshot, self.mode.name, self.executed)
            own = self._mapping(path, given.get(one.key), ("config",))
            config = self._config(path, own.get("config"), one.config_schema, is_read=one.key in read)
            if config is not None:
                completed[one.key] = {"config": config}
        return completed

    def _step(self, step: StepSnapshot, given: Any) -> dict[str, Any]:
        if given is None and step.config_schema is None:
            return {}
        path = json_pointer("/steps", step.key)
        own = self._mapping(path, given, ("config", "inputs"))
        completed = {}
        config = self._config(path, own.get("config"), step.config_schema, is_read=step.key in self.executed)
        if config is not None:
            completed["config"] = config
        takes_value = [one.name for one in step.inputs if not one.is_order_only]
        inputs = self._mapping(f"{path}/inputs", own.get("inputs"), takes_value)
        if inputs:
            completed["inputs"] = inputs
        return completed

    def _config(self, path: str, given: Any, schema: JsonSchema | None, *, is_read: bool) -> Any:
        path = f"{path}/config"
        if schema is None:
            if given not in (None, {}):
                self._problem(path, "it takes no config; leave it out")
            return None
        if is_read and (given is not None or needs_a_value(schema)):
            # It is slow to import, and most runs have no config.
            from dalsegno.snapshot.config_problems import config_problems

            self.problems.extend(config_problems({} if given is None else given, schema, path))
        if given is None and needs_a_value(schema):
            return None
        completed = with_defaults(given, schema)
        # An empty one says what none says.
        return None if completed == {} else completed

    def _mapping(self, path: str, given: Any, known: Collection[str]) -> dict[str, Any]:
        # An empty section of a YAML file is null.
        if given is None:
            return {}
        if not isinstance(given, dict):
            self._problem(path, f"it is a mapping of names, not {_kind(given)}")
            return {}
        for name in given:
            if name not in known:
                self._problem(json_pointer(path, name), f"{name!r} is not known here.{known_names(name, known)}")
        return given

    def _problem(self, path: str, message: str) -> None:
        self.problems.append(ConfigProblem(path=path, message=message))


def _mode(snapshot: PipelineSnapshot, mode: str) -> ModeSnapshot:
    try:
        return snapshot.mode(mode)
    except KeyError:
        known = known_names(mode, [one.name for one in snapshot.modes])
        problem = ConfigProblem(path="", message=f"pipeline {snapshot.name!r} has no mode {mode!r}.{known}")
        raise InvalidRunConfigError(problems=(problem,)) from None


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list) else repr(value)


def _step_schema(step: StepSnapshot, definitions: dict[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    if step.config_schema is not None:
        properties["config"] = _hoisted(step.config_schema, f"steps.{step.key}", definitions)
    inputs = {one.name: _input_schema(one.description) for one in step.inputs if not one.is_order_only}
    if inputs:
        properties["inputs"] = _closed(inputs)
    schema = _closed(properties)
    return {**schema, "description": step.description} if step.description else schema


def _input_schema(description: str | None) -> dict[str, Any]:
    return {"description": description} if description else {}


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    """An object of these properties alone; those that can't do without a value are required."""
    required = [name for name, schema in properties.items() if needs_a_value(schema)]
    schema: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _hoisted(schema: JsonSchema | None, owner: str, definitions: dict[str, Any]) -> Any:
    """The schema, with its own definitions among those of the document, under names that say whose they are."""
    own = (schema or {}).get("$defs", {})
    renamed = {f"#/$defs/{name}": f"#/$defs/{owner}.{name}" for name in own}
    for name, definition in own.items():
        definitions[f"{owner}.{name}"] = _renamed(definition, renamed)
    return _renamed({name: value for name, value in (schema or {}).items() if name != "$defs"}, renamed)


def _renamed(value: Any, renamed: Mapping[str, str]) -> Any:
    """The same, with references renamed wherever one stands: in $ref, or in a discriminator's mapping."""
    if isinstance(value, Mapping):
        return {name: _renamed(item, renamed) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_renamed(item, renamed) for item in value]
    return renamed.get(value, value) if isinstance(value, str) else value
