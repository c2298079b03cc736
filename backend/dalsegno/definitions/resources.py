"""`@resource`: what steps share and do not make themselves, such as a connection."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, overload

from dalsegno.definitions.config import check_config_model, config_json_schema, parse_config
from dalsegno.definitions.context import InitResourceContext
from dalsegno.definitions.names import check_keys, check_options, check_text, refuse_positional
from dalsegno.errors import InvalidDefinitionError
from dalsegno.snapshot.config_values import json_pointer

if TYPE_CHECKING:
    from dalsegno.definitions.config import ConfigModel


_END = object()


class ResourceDefinition:
    """A function that makes a resource, with what its author says of it. Called, it is the plain function."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        config: ConfigModel | None = None,
        required_resource_keys: set[str] | frozenset[str] | None = None,
        description: str | None = None,
        # What the function makes must be of this class; None: anything.
        makes: type | None = None,
    ) -> None:
        place = f"resource {getattr(function, '__name__', repr(function))!r}"
        self.function = function
        self.config = check_config_model(config, place=place)
        self.required_resource_keys = check_keys(required_resource_keys, place=place)
        self.description = check_text(description, place=place, what="description") or inspect.getdoc(function)
        self.makes = makes
        self._place = place
        self._takes_context = _takes_context(function, place)
        functools.update_wrapper(self, function, updated=())

    @classmethod
    def of_value(cls, value: Any) -> ResourceDefinition:
        """A resource that is there already."""
        return cls(lambda: value, description=f"A {type(value).__name__}.", makes=type(value))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<{self._place}>"

    @functools.cached_property
    def config_schema(self) -> dict[str, Any] | None:
        """JSON Schema of its config; None where it takes none. Raises InvalidDefinitionError."""
        return config_json_schema(self.config, place=self._place)

    def parse_config(self, raw: Any, key: str) -> Any:
        """Its config's instance, from what the run config gives it; None where it takes none.

        Raises InvalidRunConfigError.
        """
        return parse_config(self.config, raw, path=json_pointer("", "resources", key, "config"))

    @contextmanager
    def opened(self, context: InitResourceContext) -> Iterator[Any]:
        """The resource, made on entry; a generator is run to its end on leaving."""
        made = self.function(context) if self._takes_context else self.function()
        if not inspect.isgenerator(made):
            yield self._checked(made)
            return
        try:
            value = next(made)
        except StopIteration:
            problem = "its function is a generator that yields nothing; it yields the resource, once"
            raise InvalidDefinitionError(place=self._place, problem=problem) from None
        try:
            yield self._checked(value)
        finally:
            # Whatever has failed meanwhile is not the resource's affair: it is torn down as always.
            if next(made, _END) is not _END:
                made.close()
                problem = "its function yields twice; it yields the resource, once, and tears it down after"
                raise InvalidDefinitionError(place=self._place, problem=problem)

    def _checked(self, value: Any) -> Any:
        if self.makes is not None and not isinstance(value, self.makes):
            problem = f"its function made a {type(value).__name__}; it is to make an {self.makes.__name__}"
            raise InvalidDefinitionError(place=self._place, problem=problem)
        return value


@overload
def resource(function: Callable[..., Any], /) -> ResourceDefinition: ...


@overload
def resource(
    *,
    config: ConfigModel | None = None,
    required_resource_keys: set[str] | frozenset[str] | None = None,
    description: str | None = None,
) -> Callable[[Callable[..., Any]], ResourceDefinition]: ...


def resource(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a resource of a function of an InitResourceContext, or of nothing.

    It returns the resource, or yields it and tears it down after. Raises InvalidDefinitionError.
    """
    return define_resource(function, options, decorator="resource")


OPTIONS = ("config", "required_resource_keys", "description")


def define_resource(function: Any, options: dict[str, Any], *, decorator: str, makes: type | None = None) -> Any:
    """What a decorator gives for a function, or, bare of one, for its options. Raises InvalidDefinitionError."""
    check_options(options, OPTIONS, decorator=decorator)

    def define(decorated: Any) -> ResourceDefinition:
        if not callable(decorated) or isinstance(decorated, ResourceDefinition):
            raise refuse_positional(decorated, decorator=decorator)
        return ResourceDefinition(decorated, makes=makes, **options)

    return define if function is None else define(function)


def _takes_context(function: Callable[..., Any], place: str) -> bool:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return True
    needed = [
        one.kind
        for one in parameters
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]
    if len(needed) > 1 or inspect.Parameter.KEYWORD_ONLY in needed:
        problem = "its function takes one argument, the context; what else it needs stands in config or other resources"
        raise InvalidDefinitionError(place=place, problem=problem)
    return bool(needed)
