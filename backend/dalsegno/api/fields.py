"""Types and fields that clients see: their docstrings are their descriptions in the schema."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast, dataclass_transform

import strawberry

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])


@dataclass_transform(order_default=True, kw_only_default=True, field_specifiers=(strawberry.field,))
def shown(kind: type[T]) -> type[T]:
    """An object type."""
    return strawberry.type(kind, description=_text(kind))


@dataclass_transform(order_default=True, kw_only_default=True, field_specifiers=(strawberry.field,))
def shown_input(kind: type[T]) -> type[T]:
    """An input type."""
    return strawberry.input(kind, description=_text(kind))


@dataclass_transform(order_default=True, kw_only_default=True, field_specifiers=(strawberry.field,))
def shown_interface(kind: type[T]) -> type[T]:
    """An interface type."""
    return strawberry.interface(kind, description=_text(kind))


def computed(resolver: F) -> F:
    """A field whose value its method gives when it is asked for."""
    return cast(F, strawberry.field(resolver, description=_text(resolver)))


def mutation(resolver: F) -> F:
    """A field that changes something."""
    return cast(F, strawberry.mutation(resolver, description=_text(resolver)))


def subscription(resolver: F) -> F:
    """A field that gives many values, one after the other."""
    return cast(F, strawberry.subscription(resolver, description=_text(resolver)))


def given(value: T | None) -> T | None:
    """An argument's value; None where it was left out, as where null was given."""
    return None if value is strawberry.UNSET else value


def _text(documented: object) -> str | None:
    text = inspect.getdoc(documented)
    # Line breaks are those of the source; paragraphs stay.
    return None if text is None else "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))
