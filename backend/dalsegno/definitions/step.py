"""`@step`: a plain function as a step of pipelines."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, overload

from dalsegno.definitions.config import check_config_model, config_json_schema, parse_config
from dalsegno.definitions.context import StepContext
from dalsegno.definitions.declarations import check_retry_policy, declare_inputs, declare_outputs
from dalsegno.definitions.inputs_outputs import DeclaredInput, DeclaredOutput, GivenOutput, In, Out
from dalsegno.definitions.invocation import call_arguments, given_outputs
from dalsegno.definitions.names import (
    check_keys,
    check_limits,
    check_name,
    check_options,
    check_tags,
    check_text,
    refuse_positional,
)
from dalsegno.definitions.signature import read_signature
from dalsegno.definitions.wiring import current_trace
from dalsegno.snapshot.config_values import json_pointer
from dalsegno.snapshot.retry_policy import RetryPolicy

if TYPE_CHECKING:
    from dalsegno.definitions.config import ConfigModel


class StepDefinition:
    """A function with what its author says of it.

    Called in the body of a @pipeline it becomes a step there; called anywhere else it is the plain function.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        ins: Mapping[str, In] | None = None,
        out: Out | Mapping[str, Out] | None = None,
        config: ConfigModel | None = None,
        required_resource_keys: set[str] | frozenset[str] | None = None,
        retry_policy: RetryPolicy | None = None,
        code_version: str | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        given_name = getattr(function, "__name__", None) if name is None else name
        self.name = check_name(given_name, place=f"step {given_name!r}", what="step")
        place = self.place
        signature = read_signature(function, place)
        self.function = function
        self.takes_context = signature.takes_context
        self.inputs: Mapping[str, DeclaredInput] = declare_inputs(signature, ins, place)
        self.outputs: Mapping[str, DeclaredOutput] = declare_outputs(signature, out, place)
        self.config = check_config_model(config, place=place)
        self.required_resource_keys = check_keys(required_resource_keys, place=place)
        self.retry_policy = check_retry_policy(retry_policy, place)
        # As given; what counts where it is None is derived from the code.
        self.code_version = check_text(code_version, place=place, what="code_version")
        self.tags: Mapping[str, str] = check_tags(tags, place=place)
        check_limits(self.tags, place=place)
        self.description = check_text(description, place=place, what="description") or inspect.getdoc(function)
        functools.update_wrapper(self, function, updated=())

    @property
    def place(self) -> str:
        """Where a fault of it is, in words."""
        return f"step {self.name!r}"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """In a pipeline's body: place the step, connected to these results. Else: call the function."""
        trace = current_trace()
        return self.function(*args, **kwargs) if trace is None else trace.place(self, None, args, kwargs)

    def __repr__(self) -> str:
        return f"<step {self.name!r}>"

    def alias(self, key: str) -> AliasedStep:
        """The same step under another step key."""
        return AliasedStep(self, check_name(key, place=f"{self.place}, alias", what="step"))

    @functools.cached_property
    def config_schema(self) -> dict[str, Any] | None:
        """JSON Schema of its config; None where it takes none. Raises InvalidDefinitionError."""
        return config_json_schema(self.config, place=self.place)

    def parse_config(self, raw: Any, step_key: str | None = None) -> Any:
        """Its config's instance, from what the run config gives it; None where it takes none.

        Raises InvalidRunConfigError.
        """
        return parse_config(self.config, raw, path=json_pointer("", "steps", step_key or self.name, "config"))

    def context(self, **given: Any) -> StepContext:
        """What its function is given for an attempt, made of what StepContext takes."""
        return StepContext(
            **given, required_resource_keys=self.required_resource_keys, output_names=tuple(self.outputs)
        )

    def invoke(self, context: StepContext, inputs: Mapping[str, Any]) -> Iterator[GivenOutput]:
        """Call the function with these inputs, by name; give each output as soon as the function gives it.

        An order-only output comes with the value None. Raises InvalidOutputError, TypeError for an input of another
        class than declared, and whatever the function raises.
        """
        arguments = call_arguments(context.step_key, self.inputs, inputs)
        returned = self.function(context, **arguments) if self.takes_context else self.function(**arguments)
        return given_outputs(context.step_key, self.outputs, returned)


class AliasedStep:
    """A step definition with the step key that it is to have."""

    def __init__(self, definition: StepDefinition, key: str) -> None:
        self.definition = definition
        self.key = key

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """As the definition itself, under the key of the alias."""
        trace = current_trace()
        if trace is None:
            return self.definition(*args, **kwargs)
        return trace.place(self.definition, self.key, args, kwargs)

    def __repr__(self) -> str:
        return f"<step {self.definition.name!r} as {self.key!r}>"


@overload
def step(function: Callable[..., Any], /) -> StepDefinition: ...


@overload
def step(
    *,
    name: str | None = None,
    description: str | None = None,
    ins: Mapping[str, In] | None = None,
    out: Out | Mapping[str, Out] | None = None,
    config: ConfigModel | None = None,
    required_resource_keys: set[str] | frozenset[str] | None = None,
    retry_policy: RetryPolicy | None = None,
    code_version: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> Callable[[Callable[..., Any]], StepDefinition]: ...


def step(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """Make a step of a function: `@step`, or `@step(name=..., ins=..., out=..., config=..., ...)`.

    Its inputs are its parameters; the first one is its context where it is named context, _context, _ or __, or is
    annotated StepContext. Its one output is named "result". Raises InvalidDefinitionError.
    """
    check_options(options, OPTIONS, decorator="step")
    if function is None:
        return lambda decorated: _define(decorated, options)
    return _define(function, options)


solid = step

OPTIONS = tuple(inspect.signature(StepDefinition).parameters)[1:]


def _define(function: Any, options: dict[str, Any]) -> StepDefinition:
    if not callable(function) or isinstance(function, (type, StepDefinition, AliasedStep)):
        raise refuse_positional(function, decorator="step")
    return StepDefinition(function, **options)
