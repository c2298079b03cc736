"""IO managers: what stores and loads the outputs of steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, overload

from dalsegno.definitions.context import Resources, StepLog
from dalsegno.definitions.inputs_outputs import RESULT
from dalsegno.definitions.metadata import as_metadata
from dalsegno.definitions.resources import ResourceDefinition, define_resource
from dalsegno.output_storage import OutputStorage, StoredOutput

if TYPE_CHECKING:
    from dalsegno.definitions.config import ConfigModel


class OutputContext:
    """One output: whose it is, where it lies once it is stored, and where the instance would keep it."""

    __slots__ = (
        "_metadata",
        "_resources",
        "attempt",
        "attempt_token",
        "config",
        "digest",
        "log",
        "mapping_key",
        "name",
        "pipeline_name",
        "run_id",
        "size_bytes",
        "step_key",
        "storage",
        "tags",
        "uri",
    )

    def __init__(
        self,
        *,
        run_id: str,
        step_key: str,
        name: str = RESULT,
        mapping_key: str | None = None,
        pipeline_name: str = "",
        attempt: int = 1,
        attempt_token: str = "",
        metadata: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        config: Any = None,
        resources: Mapping[str, Any] | None = None,
        log: StepLog | None = None,
        storage: OutputStorage | None = None,
        uri: str | None = None,
        digest: str | None = None,
        size_bytes: int | None = None,
    ) -> None:
        # The run that stores it, or has stored it.
        self.run_id = run_id
        self.pipeline_name = pipeline_name
        self.step_key = step_key
        self.name = name
        # For an output of a dynamic step.
        self.mapping_key = mapping_key
        # From 1.
        self.attempt = attempt
        # Names the attempt among all others, so that what is stored under it is never overwritten. Empty on loading.
        self.attempt_token = attempt_token
        # Of the run.
        self.tags: Mapping[str, str] = tags if tags is not None else {}
        # The step's.
        self.config = config
        self.log = log if log is not None else StepLog()
        # Where the instance keeps outputs; an IO manager may keep them anywhere else. None in a test that gives none.
        self.storage = storage
        # Of what is stored, on loading, as the IO manager gave them; None where it did not say.
        self.uri = uri
        self.digest = digest
        self.size_bytes = size_bytes
        self._metadata = metadata
        self._resources = resources

    @property
    def resources(self) -> Resources:
        """Of the run, those that the IO manager requires among them."""
        return Resources(self._resources if self._resources is not None else {})

    @property
    def metadata(self) -> Mapping[str, Any]:
        """Of the Out and the Output, with what the step and the IO manager have added, as JSON."""
        return as_metadata(self._metadata) if self._metadata else {}

    def add_output_metadata(self, metadata: Mapping[str, Any]) -> None:
        """Record something of how or where it is stored, for people."""
        self._metadata = {**(self._metadata or {}), **metadata}

    def get_identifier(self) -> list[str]:
        """Parts of a path for it: the same on storing and on loading, and for every attempt of its step in its run."""
        own = [self.run_id, self.step_key, self.name]
        return own if self.mapping_key is None else [*own, self.mapping_key]


class InputContext:
    """The input that a stored output is to be loaded for."""

    __slots__ = ("_resources", "log", "name", "run_id", "step_key", "storage", "upstream_output")

    def __init__(
        self,
        *,
        upstream_output: OutputContext,
        name: str = "",
        step_key: str = "",
        run_id: str = "",
        resources: Mapping[str, Any] | None = None,
        log: StepLog | None = None,
        storage: OutputStorage | None = None,
    ) -> None:
        # What is to be loaded, as recorded when it was stored.
        self.upstream_output = upstream_output
        # The input's name and step; empty where a person asks for the output.
        self.name = name
        self.step_key = step_key
        # The run that loads it, which need not be the one that stored it.
        self.run_id = run_id
        self.log = log if log is not None else StepLog()
        # As on storing.
        self.storage = storage
        self._resources = resources

    @property
    def resources(self) -> Resources:
        """Of the run, those that the IO manager requires among them."""
        return Resources(self._resources if self._resources is not None else {})


class IOManager(ABC):
    """Stores the outputs of steps and loads them again, in this process or another one, in this run or a later one."""

    @abstractmethod
    def handle_output(self, context: OutputContext, obj: Any) -> StoredOutput | None:
        """Store a value. What was stored for another attempt, or run, stays as it is.

        Give where it lies, the digest and size of its bytes, as far as they are known: a digest lets a later load, and
        a later plan, tell whether it is the same still. Raises OutputNotStoredError, or anything else, where the value
        is not stored: the attempt then fails.
        """

    @abstractmethod
    def load_input(self, context: InputContext) -> Any:
        """The value of `context.upstream_output`. Raises OutputUnavailableError where it is gone or damaged."""


@overload
def io_manager(function: Callable[..., Any], /) -> ResourceDefinition: ...


@overload
def io_manager(
    *,
    config: ConfigModel | None = None,
    required_resource_keys: set[str] | frozenset[str] | None = None,
    description: str | None = None,
) -> Callable[[Callable[..., Any]], ResourceDefinition]: ...


def io_manager(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a resource of a function that makes an IOManager, as `@resource` does. Raises InvalidDefinitionError."""
    return define_resource(function, options, decorator="io_manager", makes=IOManager)
