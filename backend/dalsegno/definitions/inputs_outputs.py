"""What a step takes and gives, as its author declares it."""

from __future__ import annotations

import numbers
import re
from collections.abc import Mapping
from types import NoneType
from typing import Any

import msgspec

RESULT = "result"
IO_MANAGER = "io_manager"


class Nothing:
    """The type of an input or output that binds the order of steps and carries no value."""


class In(msgspec.Struct, frozen=True):
    """An input of a step. `In(Nothing)` is order alone: the function is not given it."""

    # A class is checked when the step runs; anything else, as an annotation, is for readers.
    type_: Any = None
    description: str | None = None


class Out(msgspec.Struct, frozen=True):
    """An output of a step. `Out(Nothing)` is order alone: no value is stored."""

    type_: Any = None
    description: str | None = None
    # False: the step may leave it out, and what depends on it is then skipped.
    is_required: bool = True
    # The resource that stores and loads it.
    io_manager_key: str = IO_MANAGER
    metadata: Mapping[str, Any] | None = None


class Output(msgspec.Struct, frozen=True, eq=False):
    """A value that a step gives, for one of its outputs."""

    value: Any
    output_name: str = RESULT
    metadata: Mapping[str, Any] | None = None


class DynamicOut(Out, frozen=True):
    """An output of which a step gives any number, each under a mapping key: `.map(...)` executes steps for each."""


class DynamicOutput(msgspec.Struct, frozen=True, eq=False):
    """One of the values that a step gives for a dynamic output, under a key of its own: letters, digits and `_`."""

    value: Any
    mapping_key: str
    output_name: str = RESULT
    metadata: Mapping[str, Any] | None = None


GivenOutput = Output | DynamicOutput


class DeclaredInput(msgspec.Struct, frozen=True, kw_only=True):
    """One input of a step."""

    name: str
    description: str | None = None
    type_name: str | None = None
    # What isinstance is asked for; None: any value will do.
    checked_type: type | None = None
    has_default: bool = False
    # It binds the order only; no value is loaded.
    is_order_only: bool = False
    # The function has a parameter for it.
    is_parameter: bool = True


class DeclaredOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One output of a step."""

    name: str
    description: str | None = None
    type_name: str | None = None
    checked_type: type | None = None
    is_required: bool = True
    # It binds the order only; no value is stored.
    is_order_only: bool = False
    # Any number of values are given for it, each under a mapping key.
    is_dynamic: bool = False
    io_manager_key: str = IO_MANAGER
    metadata: Mapping[str, Any] = {}


def checked_type(type_: Any) -> type | None:
    """The class that isinstance can be asked for, where a declared type is one."""
    # Numpy's numbers are neither int nor float, and an int will do for a float.
    if type_ is int:
        return numbers.Integral
    if type_ is float:
        return numbers.Real
    try:
        isinstance(None, type_)
    except TypeError:
        return None
    return type_ if isinstance(type_, type) and type_ not in (object, Nothing, NoneType) else None


def type_name(type_: Any) -> str | None:
    """A declared type or annotation as readers write it; None for none."""
    if type_ is None or isinstance(type_, str):
        return type_
    if type_ is NoneType:
        return "None"
    if isinstance(type_, type) and not hasattr(type_, "__origin__"):
        return type_.__name__
    # An address would differ from process to process, and the snapshot's id with it.
    return re.sub(r"\btyping\.| at 0x[0-9a-f]+", "", repr(type_))
