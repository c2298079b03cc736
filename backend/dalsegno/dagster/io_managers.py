"""IO managers of Dagster code."""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from dalsegno import definitions
from dalsegno.dagster.config_schema import Field
from dalsegno.dagster.resources import CarriedResource, define
from dalsegno.definitions import ResourceDefinition
from dalsegno.definitions.file_io_manager import FileIOManager
from dalsegno.definitions.memory_io_manager import MemoryIOManager
from dalsegno.errors import InvalidDefinitionError
from dalsegno.output_storage import OutputStorage, StoredOutput


class IOManager(ABC):
    """Stores the outputs of steps and loads them again, in this run or in a later one."""

    @abstractmethod
    def handle_output(self, context: Any, obj: Any) -> None:
        """Store a value; `context` says whose output it is."""

    @abstractmethod
    def load_input(self, context: Any) -> Any:
        """The value of `context.upstream_output`."""


class _Context:
    """What our own context has, and the names of Dagster's beside."""

    def __init__(self, own: Any, resource_config: Any) -> None:
        self._own = own
        # Of the IO manager.
        self.resource_config = resource_config

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._own, name)


class OutputContext(_Context):
    """One output, as Dagster code asks for it."""

    @property
    def job_name(self) -> str:
        """The name of the pipeline."""
        name: str = self._own.pipeline_name
        return name

    def get_identifier(self) -> list[str]:
        """Parts of a path for it: run, step and output, and its mapping key where it has one."""
        parts: list[str] = self._own.get_identifier()
        return parts

    get_output_identifier = get_run_scoped_output_identifier = get_identifier


class InputContext(_Context):
    """The input that an output is to be loaded for, as Dagster code asks for it."""

    @property
    def upstream_output(self) -> OutputContext:
        """What is to be loaded."""
        return OutputContext(self._own.upstream_output, self.resource_config)

    def get_identifier(self) -> list[str]:
        """That of the output."""
        return self.upstream_output.get_identifier()


class _CarriedIOManager(definitions.IOManager):
    """An IO manager of Dagster code, as one of ours. What it stores is trusted as recorded: it gives no digest."""

    def __init__(self, manager: IOManager, config: Any) -> None:
        self._manager = manager
        self._config = config

    def handle_output(self, context: definitions.OutputContext, obj: Any) -> StoredOutput | None:
        done: Any = self._manager.handle_output(OutputContext(context, self._config), obj)
        if inspect.isgenerator(done):
            for event in done:
                problem = f"its handle_output yields {event!r}, which is not carried over: use add_output_metadata"
                raise InvalidDefinitionError(place=f"IO manager {type(self._manager).__name__}", problem=problem)
        return None

    def load_input(self, context: definitions.InputContext) -> Any:
        return self._manager.load_input(InputContext(context, self._config))


class IOManagerResource(CarriedResource):
    """A resource that makes an IO manager."""

    def __init__(self, function: Callable[..., Any], **options: Any) -> None:
        # In that order, so that what stands for the function is asked for no context where it takes none.
        super().__init__(_maker(function), makes=definitions.IOManager, **options)


def io_manager(config_schema: Any = None, /, **options: Any) -> Any:
    """Make a resource of a function that makes an IOManager, as `@resource` does. Raises InvalidDefinitionError."""
    return define(IOManagerResource, config_schema, options, decorator="io_manager")


def as_resource(value: Any) -> Any:
    """What stands in resource_defs, an IO manager itself among it, as our modes take it."""
    if not isinstance(value, IOManager):
        return value
    return ResourceDefinition.of_value(_CarriedIOManager(value, None))


def _maker(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def make(*context: Any) -> Any:
        made = function(*context)
        if not isinstance(made, IOManager):
            return made
        return _CarriedIOManager(made, context[0].resource_config if context else None)

    return make


@io_manager(  # type: ignore[untyped-decorator]
    config_schema={"base_dir": Field(str, is_required=False, description="A path or an fsspec URL.")}
)
def fs_io_manager(init_context: Any) -> FileIOManager:
    """Pickles outputs to files where the instance stores them, or below `base_dir`."""
    base_dir = init_context.resource_config.get("base_dir")
    return FileIOManager(OutputStorage(base_dir) if base_dir else None)


@io_manager
def mem_io_manager() -> MemoryIOManager:
    """Keeps outputs in memory: for runs within one process, whose outputs nobody else needs."""
    return MemoryIOManager()
