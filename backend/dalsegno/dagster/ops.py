"""`@op` and `@solid`: a function of Dagster code as a step."""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self

from msgspec.structs import replace

from dalsegno import definitions
from dalsegno.dagster.config_schema import NO_VALUE, ConfigSchema
from dalsegno.dagster.declarations import In, Out, inputs_by_name, output_annotation, outputs_by_name
from dalsegno.dagster.op_context import OpContext
from dalsegno.dagster.refusals import refuse_argument, refuse_arguments
from dalsegno.definitions.inputs_outputs import RESULT, GivenOutput
from dalsegno.definitions.names import refuse_positional
from dalsegno.definitions.signature import Signature, read_signature
from dalsegno.definitions.step import AliasedStep, StepDefinition
from dalsegno.errors import InvalidDefinitionError
from dalsegno.snapshot.config_values import json_pointer


class OpDefinition(StepDefinition):
    """A step whose config is declared as in Dagster, and whose context has what Dagster code asks for."""

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        ins: Mapping[str, In] | None = None,
        out: Any = None,
        input_defs: Any = None,
        output_defs: Any = None,
        config_schema: Any = None,
        required_resource_keys: set[str] | frozenset[str] | None = None,
        retry_policy: definitions.RetryPolicy | None = None,
        code_version: str | None = None,
        version: str | None = None,
        tags: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> None:
        place = f"step {name or getattr(function, '__name__', '')!r}"
        refuse_arguments(others, place=place, known=OPTIONS)
        signature = read_signature(function, place)
        taken = inputs_by_name(ins, input_defs, place=place)
        made = outputs_by_name(out, output_defs, place=place)
        names = dict.fromkeys([*signature.annotations, *taken])
        super().__init__(
            function,
            name=name,
            description=description,
            ins={one: taken.get(one, In()).declared(signature.annotations.get(one)) for one in names},
            out=_outputs(made, signature, function),
            required_resource_keys=required_resource_keys,
            retry_policy=retry_policy,
            code_version=version if code_version is None else code_version,
            tags=texts(tags),
        )
        # Of the pipeline that it is placed in: its runs have them, and those that they are launched with.
        self.pipeline_tags: Mapping[str, str] = {}
        self._defaults = {one: said.default_value for one, said in taken.items() if said.default_value is not NO_VALUE}
        self.inputs = {
            one.name: replace(one, has_default=one.has_default or one.name in self._defaults)
            for one in self.inputs.values()
        }
        # Without a context it could not be read, so it is refused rather than lost.
        takes_config = config_schema is not None or self.takes_context
        self._config_schema = ConfigSchema(config_schema, place=place) if takes_config else None

    @property
    def config_schema(self) -> dict[str, Any] | None:
        """JSON Schema of its config; None where it takes none."""
        return None if self._config_schema is None else dict(self._config_schema.json_schema)

    def parse_config(self, raw: Any, step_key: str | None = None) -> Any:
        """Its config as plain values, defaults filled in. Raises InvalidRunConfigError."""
        if self._config_schema is None:
            return None
        return self._config_schema.parse(raw, path=json_pointer("", "steps", step_key or self.name, "config"))

    def context(self, **given: Any) -> OpContext:
        """What its function is given for an attempt."""
        given["tags"] = {**self.pipeline_tags, **given.get("tags", {})}
        return OpContext(**given, required_resource_keys=self.required_resource_keys, output_names=tuple(self.outputs))

    def invoke(self, context: definitions.StepContext, inputs: Mapping[str, Any]) -> Iterator[GivenOutput]:
        """As for any step; an input that is given nothing takes the default that is declared."""
        return super().invoke(context, {**self._defaults, **inputs})

    def within(
        self,
        *,
        pipeline_tags: Mapping[str, str],
        retry_policy: definitions.RetryPolicy | None,
        default_config: Any,
    ) -> Self:
        """The same as it is placed in a pipeline that says these. Raises InvalidDefinitionError."""
        made = copy.copy(self)
        made.pipeline_tags = pipeline_tags
        made.retry_policy = self.retry_policy or retry_policy
        if default_config is not None:
            if self._config_schema is None:
                raise InvalidDefinitionError(place=self.place, problem="it takes no config, and the job gives it some")
            made._config_schema = self._config_schema.with_default(default_config)
        return made

    def with_retry_policy(self, retry_policy: definitions.RetryPolicy) -> Self:
        """The same step with another retry policy."""
        made = copy.copy(self)
        made.retry_policy = retry_policy
        return made

    def with_hooks(self, hook_defs: Any) -> Any:
        """Hooks are not carried over. Raises InvalidDefinitionError."""
        refuse_arguments({"hook_defs": hook_defs}, place=self.place)

    def configured(self, *_: Any, **__: Any) -> Any:
        """A configured step is not carried over. Raises InvalidDefinitionError."""
        refuse_argument("configured", "give its config in the run config, or in @job(config=...)", place=self.place)

    def tag(self, *_: Any, **__: Any) -> Any:
        """Tags of one place are not carried over. Raises InvalidDefinitionError."""
        refuse_argument("tag", "give the step its tags where it is defined", place=self.place)


def op(function: Any = None, /, **options: Any) -> Any:
    """Make a step of a function, as Dagster's `@op` and `@solid` do, with the arguments of either.

    Raises InvalidDefinitionError for what is not defined rightly, and for what is not carried over.
    """
    if function is None or isinstance(function, str):
        # Older code gives the name without saying that it is one.
        named = options if function is None else {"name": function, **options}
        return lambda decorated: _define(decorated, named)
    return _define(function, options)


OPTIONS = tuple(
    name
    for name, one in inspect.signature(OpDefinition).parameters.items()
    if name != "function" and one.kind is inspect.Parameter.KEYWORD_ONLY
)


def _define(function: Any, options: Mapping[str, Any]) -> OpDefinition:
    if not callable(function) or isinstance(function, (type, StepDefinition, AliasedStep)):
        raise refuse_positional(function, decorator="op")
    return OpDefinition(function, **options)


def _outputs(made: Mapping[str, Out], signature: Signature, function: Callable[..., Any]) -> Any:
    if not made:
        # No output at all: nothing of it is stored, and others can still wait for it.
        return definitions.Out(definitions.Nothing)
    if len(made) > 1:
        return {name: one.declared() for name, one in made.items()}
    ((name, only),) = made.items()
    declared = only.declared(output_annotation(signature, function, only))
    return declared if name == RESULT else {name: declared}


def texts(tags: Mapping[str, Any] | None) -> Any:
    """Tags with texts as values: Dagster keeps others as JSON."""
    return tags and {name: value if isinstance(value, str) else json.dumps(value) for name, value in tags.items()}
