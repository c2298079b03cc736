"""A run config as Dagster code gives it, as our own document, and what is wrong with it in the words it was given in.

Dagster has a section `ops`, or `solids`, in place of `steps`; a graph called in a job has such a section itself, where
our document has one entry for each step, `inner.step`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dalsegno.errors import ConfigProblem, InvalidRunConfigError
from dalsegno.snapshot.config_values import json_pointer

STEPS = "steps"
SECTIONS = ("ops", "solids", STEPS)
INSTEAD = {
    "execution": "where steps execute is a worker's setting (DALSEGNO_EXECUTOR)",
    "inputs": "give an input to the step that takes it: {'ops': {step: {'inputs': {name: value}}}}",
    "intermediate_storage": "an IO manager among the resources stores outputs",
    "loggers": "messages of context.log are kept with the run",
    "outputs": "an IO manager among the resources stores outputs",
    "storage": "an IO manager among the resources stores outputs",
}


def section_of(run_config: Any, default: str) -> str:
    """The word that a run config has for `steps`."""
    given = run_config if isinstance(run_config, Mapping) else {}
    return next((word for word in SECTIONS if word in given), default)


def carried_config(run_config: Any) -> Any:
    """Our own document. Raises InvalidRunConfigError for what is not carried over; the rest is checked as ever."""
    if not isinstance(run_config, Mapping):
        return run_config
    _refuse(run_config, "")
    document = {name: value for name, value in run_config.items() if name not in SECTIONS}
    steps: dict[str, Any] = {}
    _add_steps(run_config, "", "", steps)
    if steps or any(word in run_config for word in SECTIONS):
        document[STEPS] = steps
    return document


@contextmanager
def told_as(section: str) -> Iterator[None]:
    """Within, problems of our document are told with the paths of the one that was given."""
    try:
        yield
    except InvalidRunConfigError as error:
        problems = tuple(
            ConfigProblem(path=_as_given(one.path, section), message=one.message) for one in error.problems
        )
        raise InvalidRunConfigError(problems=problems) from None


def _add_steps(given: Mapping[Any, Any], path: str, within: str, steps: dict[str, Any]) -> None:
    words = [word for word in SECTIONS if word in given]
    if len(words) > 1:
        raise _problem(json_pointer(path, words[1]), f"it says the same as {words[0]!r}; leave one of them out")
    for word in words:
        path = json_pointer(path, word)
        section = given[word]
        if section is None:
            continue
        if not isinstance(section, Mapping):
            raise _problem(path, f"it is a mapping of names, not {section!r}")
        for name, node in section.items():
            key = f"{within}{name}"
            own = json_pointer(path, name)
            if isinstance(node, Mapping) and any(one in node for one in SECTIONS):
                _refuse_beside_steps(node, own)
                _add_steps(node, own, f"{key}.", steps)
            else:
                steps[key] = _step(node, own)


def _step(node: Any, path: str) -> Any:
    if not isinstance(node, Mapping):
        return node
    if "outputs" in node:
        raise _problem(json_pointer(path, "outputs"), _not_carried("outputs"))
    inputs = node.get("inputs")
    if not isinstance(inputs, Mapping):
        return node
    return {
        **node,
        "inputs": {name: _input(value, json_pointer(path, "inputs", name)) for name, value in inputs.items()},
    }


def _input(value: Any, path: str) -> Any:
    """Dagster writes the value of an input {"value": ...} too, and has files of values, which we have not."""
    if isinstance(value, Mapping) and len(value) == 1:
        ((word, given),) = value.items()
        if word == "value":
            return given
        if word in ("json", "pickle"):
            raise _problem(json_pointer(path, word), "files of values are not carried over: give the value itself")
    return value


def _refuse(given: Mapping[Any, Any], path: str) -> None:
    for name in given:
        if name in INSTEAD:
            raise _problem(json_pointer(path, name), _not_carried(name))


def _refuse_beside_steps(node: Mapping[Any, Any], path: str) -> None:
    for name in node:
        if name not in SECTIONS:
            raise _problem(json_pointer(path, name), "of a graph, its steps alone are given config and inputs")


def _not_carried(name: str) -> str:
    return f"it is not carried over from Dagster: {INSTEAD[name]}"


def _problem(path: str, message: str) -> InvalidRunConfigError:
    return InvalidRunConfigError(problems=(ConfigProblem(path=path, message=message),))


def _as_given(path: str, section: str) -> str:
    parts = path.split("/")
    if parts[1:2] != [STEPS] or section == STEPS:
        return path
    keys = [key for key in "/".join(parts[2:3]).split(".") if key]
    return "/".join(["", section, *f"/{section}/".join(keys).split("/"), *parts[3:]]) if keys else f"/{section}"
