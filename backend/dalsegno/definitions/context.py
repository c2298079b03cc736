"""What the functions of authors are given beside their inputs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from dalsegno.definitions.inputs_outputs import RESULT
from dalsegno.definitions.metadata import as_metadata
from dalsegno.errors import InvalidOutputError
from dalsegno.runs.events import LogLevel
from dalsegno.snapshot.close_names import known_names

LogSink = Callable[[LogLevel, str], None]


class StepLog:
    """Messages for the run's event log; arguments are filled in as `logging` does: `log.info("%d rows", n)`."""

    __slots__ = ("_sink",)

    def __init__(self, sink: LogSink | None = None) -> None:
        self._sink = sink

    def debug(self, message: object, *args: object) -> None:
        """For who looks into the step's workings."""
        self._write(LogLevel.DEBUG, message, args)

    def info(self, message: object, *args: object) -> None:
        """What happens, as expected."""
        self._write(LogLevel.INFO, message, args)

    def warning(self, message: object, *args: object) -> None:
        """What a person should look at; the step goes on."""
        self._write(LogLevel.WARNING, message, args)

    def error(self, message: object, *args: object) -> None:
        """What went wrong."""
        self._write(LogLevel.ERROR, message, args)

    def critical(self, message: object, *args: object) -> None:
        """What went wrong, and concerns more than this step."""
        self._write(LogLevel.CRITICAL, message, args)

    def _write(self, level: LogLevel, message: object, args: tuple[object, ...]) -> None:
        if self._sink is None:
            return
        text = str(message)
        if args:
            try:
                text %= args[0] if len(args) == 1 and isinstance(args[0], Mapping) else args
            except (TypeError, ValueError, KeyError):
                # A slip in a message must not fail hours of work.
                text = f"{text} {args!r}"
        self._sink(level, text)


class Resources:
    """The resources that one step, or one other resource, has declared: `resources.db`, or `resources["db"]`."""

    __slots__ = ("_declared", "_owner", "_values")

    def __init__(self, values: Mapping[str, Any], declared: Collection[str] | None = None, owner: str = "") -> None:
        # `declared` None: whatever there is, as in a test that makes its own context.
        self._values = values
        self._declared = values if declared is None else declared
        self._owner = owner

    def __getattr__(self, key: str) -> Any:
        if not key.startswith("__") and key in self._declared and key in self._values:
            return self._values[key]
        raise AttributeError(self._absent(key))

    def __getitem__(self, key: str) -> Any:
        if key in self._declared and key in self._values:
            return self._values[key]
        raise KeyError(self._absent(key))

    def __dir__(self) -> list[str]:
        return sorted(self._declared)

    def _absent(self, key: str) -> str:
        if key in self._declared:
            return f"The resource {key!r} was not given."
        owner = f"{self._owner} has not declared" if self._owner else "There is no"
        hint = known_names(key, sorted(self._declared))
        return f"{owner} the resource {key!r}: add it to required_resource_keys.{hint}"


class StepContext:
    """Where a step runs, and what it may use.

    The runner makes one for each attempt. Authors make their own to call a step's function in a test; everything
    has a default for that.
    """

    __slots__ = (
        "_metadata",
        "_output_names",
        "_taken",
        "attempt",
        "config",
        "idempotency_key",
        "log",
        "parent_run_id",
        "pipeline_name",
        "resources",
        "root_run_id",
        "run_id",
        "step_key",
        "tags",
    )

    def __init__(
        self,
        *,
        config: Any = None,
        resources: Mapping[str, Any] | None = None,
        run_id: str = "",
        parent_run_id: str | None = None,
        root_run_id: str | None = None,
        pipeline_name: str = "",
        step_key: str = "",
        attempt: int = 1,
        tags: Mapping[str, str] | None = None,
        idempotency_key: str = "",
        log: LogSink | None = None,
        required_resource_keys: Collection[str] | None = None,
        output_names: Collection[str] = (RESULT,),
    ) -> None:
        self.run_id = run_id
        # The run that this one re-executes; None for the first of a group.
        self.parent_run_id = parent_run_id
        # The first run of the group.
        self.root_run_id = run_id if root_run_id is None else root_run_id
        self.pipeline_name = pipeline_name
        self.step_key = step_key
        # From 1.
        self.attempt = attempt
        # An instance of the step's config model; None where it has none.
        self.config = config
        self.resources = Resources(
            resources if resources is not None else {}, required_resource_keys, f"Step {step_key!r}" if step_key else ""
        )
        # Of the run.
        self.tags: Mapping[str, str] = tags if tags is not None else {}
        # The same for the same step, config and inputs within a group of runs, to make calls to other systems once.
        self.idempotency_key = idempotency_key
        self.log = StepLog(log)
        self._output_names = output_names
        self._metadata: dict[tuple[str, str | None], dict[str, Any]] | None = None
        self._taken: set[tuple[str, str | None]] = set()

    @property
    def is_reexecution(self) -> bool:
        """The run re-executes another one."""
        return self.parent_run_id is not None

    def add_output_metadata(
        self, metadata: Mapping[str, Any], output_name: str | None = None, mapping_key: str | None = None
    ) -> None:
        """Add to the metadata of an output that has not been given yet; a name may be left out where there is one."""
        if output_name is None:
            if len(self._output_names) != 1:
                problem = f"say which output the metadata is of: output_name=.{known_names('', self._output_names)}"
                raise InvalidOutputError(step_key=self.step_key, output_name="", problem=problem)
            (output_name,) = self._output_names
        elif output_name not in self._output_names:
            problem = f"is not declared, so it has no metadata.{known_names(output_name, self._output_names)}"
            raise InvalidOutputError(step_key=self.step_key, output_name=output_name, problem=problem)
        place = (output_name, mapping_key)
        if place in self._taken:
            problem = "was given before its metadata: add the metadata first, or write Output(value, metadata=...)"
            raise InvalidOutputError(step_key=self.step_key, output_name=output_name, problem=problem)
        if self._metadata is None:
            self._metadata = {}
        self._metadata.setdefault(place, {}).update(as_metadata(metadata))

    def take_output_metadata(self, output_name: str, mapping_key: str | None = None) -> Mapping[str, Any]:
        """What the step has added for an output, asked as it is stored: nothing can be added after."""
        place = (output_name, mapping_key)
        self._taken.add(place)
        return self._metadata.get(place, {}) if self._metadata else {}


class InitResourceContext:
    """What a resource's function is given."""

    __slots__ = ("config", "log", "resources", "run_id")

    def __init__(
        self,
        *,
        config: Any = None,
        resources: Mapping[str, Any] | None = None,
        run_id: str = "",
        log: LogSink | None = None,
        required_resource_keys: Collection[str] | None = None,
        key: str = "",
    ) -> None:
        # An instance of the resource's config model; None where it has none.
        self.config = config
        # Those that it requires.
        self.resources = Resources(
            resources if resources is not None else {}, required_resource_keys, f"Resource {key!r}" if key else ""
        )
        self.run_id = run_id
        self.log = StepLog(log)
