"""`@resource` and the modes of Dagster code."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from dalsegno.dagster.config_schema import ConfigSchema
from dalsegno.dagster.op_context import ResourceContext
from dalsegno.dagster.refusals import refuse_argument, refuse_arguments
from dalsegno.definitions import InitResourceContext, ResourceDefinition
from dalsegno.definitions.names import refuse_positional
from dalsegno.errors import InvalidDefinitionError, InvalidRunConfigError
from dalsegno.snapshot.config_values import json_pointer

OPTIONS = ("config_schema", "description", "required_resource_keys")


class CarriedResource(ResourceDefinition):
    """A resource whose config is declared as in Dagster, and whose context has what Dagster code asks for."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        config_schema: Any = None,
        description: str | None = None,
        required_resource_keys: set[str] | frozenset[str] | None = None,
        makes: type | None = None,
        **others: Any,
    ) -> None:
        place = f"resource {getattr(function, '__name__', repr(function))!r}"
        if others.pop("version", None) is not None:
            refuse_argument("version", "give the steps that use it a code_version", place=place)
        refuse_arguments(others, place=place, known=OPTIONS)
        super().__init__(function, required_resource_keys=required_resource_keys, description=description, makes=makes)
        # Without a context it could not be read, so it is refused rather than lost.
        takes_config = config_schema is not None or self._takes_context
        self._config_schema = ConfigSchema(config_schema, place=place) if takes_config else None
        # What `configured` gives, once and for all.
        self._fixed_config: Any = None
        self._is_fixed = False

    @property
    def config_schema(self) -> dict[str, Any] | None:
        """JSON Schema of its config; None where it takes none."""
        if self._config_schema is None or self._is_fixed:
            return None
        return dict(self._config_schema.json_schema)

    def parse_config(self, raw: Any, key: str) -> Any:
        """Its config as plain values, defaults filled in. Raises InvalidRunConfigError."""
        if self._config_schema is None or self._is_fixed:
            return self._fixed_config
        return self._config_schema.parse(raw, path=json_pointer("", "resources", key, "config"))

    @contextmanager
    def opened(self, context: InitResourceContext) -> Iterator[Any]:
        """As any resource, its function given a context with Dagster's names."""
        with super().opened(ResourceContext(context)) as value:
            yield value

    def configured(self, config: Any, name: str | None = None, **others: Any) -> Self:
        """The same resource with this config for good: a run config gives it none. Raises InvalidDefinitionError."""
        place = f"{self._place}, configured"
        if name is not None:
            refuse_argument("name", "a resource is known by its key in resource_defs", place=place)
        refuse_arguments(others, place=place, known=("config_or_config_fn",))
        if callable(config):
            refuse_argument("config_or_config_fn", "give the config itself", place=place)
        if self._config_schema is None or self._is_fixed:
            raise InvalidDefinitionError(place=place, problem="it takes no config")
        made = copy.copy(self)
        try:
            made._fixed_config = self._config_schema.parse(config, path="")
        except InvalidRunConfigError as error:
            faults = "; ".join(f"{one.path or 'it'}: {one.message}" for one in error.problems)
            raise InvalidDefinitionError(place=place, problem=f"the config does not fit: {faults}") from None
        made._is_fixed = True
        return made

    def with_default(self, config: Any) -> Self:
        """The same, with a config for runs that give none. Raises InvalidDefinitionError where it does not fit."""
        if self._config_schema is None or self._is_fixed:
            raise InvalidDefinitionError(place=self._place, problem="it takes no config, and the job gives it some")
        made = copy.copy(self)
        made._config_schema = self._config_schema.with_default(config)
        return made


def resource(config_schema: Any = None, /, **options: Any) -> Any:
    """Make a resource of a function of the init context, or of nothing: `@resource`, `@resource(config_schema=...)`.

    It returns the resource, or yields it and tears it down after. Raises InvalidDefinitionError.
    """
    return define(CarriedResource, config_schema, options, decorator="resource")


def define(made: type[CarriedResource], first: Any, options: Mapping[str, Any], *, decorator: str) -> Any:
    """What a decorator gives for a function; else for its options, of which older code may give the schema first."""
    if inspect.isfunction(first):
        return made(first, **options)
    given = options if first is None else {"config_schema": first, **options}

    def decorate(decorated: Any) -> CarriedResource:
        if not callable(decorated) or isinstance(decorated, (type, ResourceDefinition)):
            raise refuse_positional(decorated, decorator=decorator)
        return made(decorated, **given)

    return decorate
