"""What a step declares: its inputs, outputs and retries, checked."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from dalsegno.definitions.inputs_outputs import (
    RESULT,
    DeclaredInput,
    DeclaredOutput,
    DynamicOut,
    In,
    Nothing,
    Out,
    checked_type,
    type_name,
)
from dalsegno.definitions.names import check_name, check_text
from dalsegno.definitions.signature import Signature, names_type
from dalsegno.errors import InvalidDefinitionError
from dalsegno.snapshot.close_names import known_names
from dalsegno.snapshot.retry_policy import MAX_DELAY_SECONDS, Backoff, Jitter, RetryPolicy


def declare_inputs(signature: Signature, ins: Any, place: str) -> dict[str, DeclaredInput]:
    """A step's inputs by name: what its function says, and `ins`. Raises InvalidDefinitionError."""
    if ins is not None and not isinstance(ins, Mapping):
        raise InvalidDefinitionError(place=place, problem=f"ins is a dict of name to In, not {ins!r}")
    said: Mapping[str, In] = {} if ins is None else ins
    inputs = {}
    # Parameters in their order, then what has none: order-only inputs, and those of **kwargs.
    for name in [*signature.annotations, *(name for name in said if name not in signature.annotations)]:
        check_name(name, place=f"{place}, ins", what="input")
        inputs[name] = _declare_input(signature, name, said.get(name, In()), f"{place}, input {name!r}")
    return inputs


def _declare_input(signature: Signature, name: str, said: Any, place: str) -> DeclaredInput:
    if not isinstance(said, In):
        raise InvalidDefinitionError(place=place, problem=f"ins gives it {said!r}; write In(...)")
    annotation = signature.annotations.get(name)
    is_order_only = names_type(annotation if said.type_ is None else said.type_, Nothing)
    is_parameter = name in signature.annotations
    if not (is_parameter or is_order_only or signature.takes_any_keyword):
        hint = known_names(name, signature.annotations)
        problem = f"the function has no parameter of that name; for order without data write In(Nothing).{hint}"
        raise InvalidDefinitionError(place=place, problem=problem)
    return DeclaredInput(
        name=name,
        description=check_text(said.description, place=place, what="description"),
        type_name=type_name(annotation if said.type_ is None else said.type_),
        checked_type=None if is_order_only else checked_type(said.type_),
        has_default=name in signature.with_default,
        is_order_only=is_order_only,
        is_parameter=is_parameter,
    )


def declare_outputs(signature: Signature, out: Any, place: str) -> dict[str, DeclaredOutput]:
    """A step's outputs by name. Raises InvalidDefinitionError."""
    if out is None or isinstance(out, Out):
        annotation = None if signature.returns is inspect.Signature.empty else signature.returns
        shown = "None" if signature.returns is None else annotation
        return {RESULT: _declare_output(RESULT, out or Out(), shown, place)}
    if not isinstance(out, Mapping):
        raise InvalidDefinitionError(place=place, problem=f"out is an Out, or a dict of name to Out, not {out!r}")
    if not out:
        problem = "out={} declares no output; for order without data write out=Out(Nothing)"
        raise InvalidDefinitionError(place=place, problem=problem)
    return {
        check_name(name, place=f"{place}, out", what="output"): _declare_output(name, said, None, place)
        for name, said in out.items()
    }


def _declare_output(name: str, said: Any, annotation: Any, place: str) -> DeclaredOutput:
    place = f"{place}, output {name!r}"
    if not isinstance(said, Out):
        raise InvalidDefinitionError(place=place, problem=f"out gives it {said!r}; write Out(...)")
    if said.metadata is not None and not isinstance(said.metadata, Mapping):
        raise InvalidDefinitionError(place=place, problem=f"its metadata is a dict, not {said.metadata!r}")
    is_order_only = names_type(annotation if said.type_ is None else said.type_, Nothing)
    is_dynamic = isinstance(said, DynamicOut)
    if is_dynamic and is_order_only:
        raise InvalidDefinitionError(place=place, problem="it is dynamic, so its elements carry values: not Nothing")
    return DeclaredOutput(
        name=name,
        description=check_text(said.description, place=place, what="description"),
        type_name=type_name(annotation if said.type_ is None else said.type_),
        checked_type=None if is_order_only else checked_type(said.type_),
        is_required=bool(said.is_required),
        is_order_only=is_order_only,
        is_dynamic=is_dynamic,
        io_manager_key=check_name(said.io_manager_key, place=place, what="resource"),
        metadata=dict(said.metadata or {}),
    )


def check_retry_policy(policy: Any, place: str) -> RetryPolicy | None:
    """The policy as it is, or InvalidDefinitionError."""
    if policy is None:
        return None
    if not isinstance(policy, RetryPolicy):
        raise InvalidDefinitionError(place=place, problem=f"retry_policy is a RetryPolicy(...), not {policy!r}")
    faults = {
        "max_retries is a whole number, 0 or more": not _is_number(policy.max_retries, int) or policy.max_retries < 0,
        "delay is a number of seconds, 0 or more, a year at most": not _is_number(policy.delay, int, float)
        or not 0 <= policy.delay <= MAX_DELAY_SECONDS,
        "backoff is Backoff.LINEAR or Backoff.EXPONENTIAL": not isinstance(policy.backoff, Backoff | None),
        "jitter is Jitter.FULL or Jitter.PLUS_MINUS": not isinstance(policy.jitter, Jitter | None),
        "backoff and jitter change a delay, so give one": policy.delay == 0 and bool(policy.backoff or policy.jitter),
    }
    for rule, is_broken in faults.items():
        if is_broken:
            raise InvalidDefinitionError(place=f"{place}, retry_policy", problem=f"{rule}; it is {policy}")
    return policy


def _is_number(value: Any, *types: type) -> bool:
    return isinstance(value, types) and not isinstance(value, bool)
