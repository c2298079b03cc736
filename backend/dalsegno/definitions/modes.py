"""Modes: the named sets of resources that a pipeline can run with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from graphlib import CycleError, TopologicalSorter
from typing import Any

from dalsegno.definitions.config import part_of
from dalsegno.definitions.context import InitResourceContext, LogSink
from dalsegno.definitions.file_io_manager import fs_io_manager
from dalsegno.definitions.inputs_outputs import IO_MANAGER
from dalsegno.definitions.names import check_name, check_text
from dalsegno.definitions.resources import ResourceDefinition
from dalsegno.errors import InvalidDefinitionError
from dalsegno.snapshot.close_names import known_names

DEFAULT_MODE = "default"


class ModeDefinition:
    """A set of resources by key. It has an "io_manager" always, `fs_io_manager` unless it says otherwise.

    A value that no decorator made stands for itself, as in `resource_defs={"threshold": 0.5}`.
    """

    def __init__(
        self,
        name: str = DEFAULT_MODE,
        resource_defs: Mapping[str, Any] | None = None,
        description: str | None = None,
    ) -> None:
        place = f"mode {name!r}"
        self.name = check_name(name, place=place, what="mode")
        self.description = check_text(description, place=place, what="description")
        self.resources: Mapping[str, ResourceDefinition] = {
            IO_MANAGER: fs_io_manager,
            **{
                check_name(key, place=place, what="resource"): _definition(value)
                for key, value in _mapping(resource_defs, place).items()
            },
        }
        self._order = _order(self.resources, place)

    def __repr__(self) -> str:
        return f"<mode {self.name!r}: {', '.join(self.resources)}>"

    def with_required(self, keys: Iterable[str]) -> tuple[str, ...]:
        """These resources and all that they require, each after what it requires; KeyError for one not there."""
        pending = list(keys)
        wanted: set[str] = set()
        while pending:
            key = pending.pop()
            if key not in wanted:
                wanted.add(key)
                pending.extend(self.resources[key].required_resource_keys)
        return tuple(key for key in self._order if key in wanted)

    @contextmanager
    def opened(
        self,
        keys: Iterable[str],
        *,
        run_id: str = "",
        run_config: Mapping[str, Any] | None = None,
        log: LogSink | None = None,
        made: Mapping[str, Any] | None = None,
    ) -> Iterator[Mapping[str, Any]]:
        """These resources and all that they require, made in order; on leaving torn down in reverse.

        Those in `made` are there already, and stay. Raises InvalidRunConfigError, and whatever a resource's function
        raises.
        """
        values: dict[str, Any] = dict(made or {})
        with ExitStack() as stack:
            for key in self.with_required(keys):
                if key in values:
                    continue
                definition = self.resources[key]
                config = definition.parse_config(part_of(run_config or {}, "resources", key, "config"), key)
                context = InitResourceContext(
                    config=config,
                    resources=values,
                    run_id=run_id,
                    log=log,
                    required_resource_keys=definition.required_resource_keys,
                    key=key,
                )
                values[key] = stack.enter_context(definition.opened(context))
            yield values


def _definition(value: Any) -> ResourceDefinition:
    return value if isinstance(value, ResourceDefinition) else ResourceDefinition.of_value(value)


def _mapping(resource_defs: Any, place: str) -> Mapping[str, Any]:
    if resource_defs is None:
        return {}
    if not isinstance(resource_defs, Mapping):
        problem = f"resource_defs is a dict of key to resource, not {resource_defs!r}"
        raise InvalidDefinitionError(place=place, problem=problem)
    return resource_defs


def _order(resources: Mapping[str, ResourceDefinition], place: str) -> tuple[str, ...]:
    for key, definition in resources.items():
        for required in sorted(definition.required_resource_keys - resources.keys()):
            hint = known_names(required, resources)
            problem = f"requires the resource {required!r}, which the mode does not have.{hint}"
            raise InvalidDefinitionError(place=f"{place}, resource {key!r}", problem=problem)
    graph = {key: sorted(definition.required_resource_keys) for key, definition in resources.items()}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        problem = f"its resources require each other in a circle: {' -> '.join(error.args[1])}"
        raise InvalidDefinitionError(place=place, problem=problem) from None
