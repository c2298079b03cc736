"""Values that GraphQL itself does not know: moments, JSON, byte counts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

ByteCount = NewType("ByteCount", int)

# Greater whole numbers lose digits in JavaScript.
_GREATEST_BYTE_COUNT = 2**53


def _write_moment(value: Any) -> str:
    moment: datetime = value
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read_moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise GraphQLError(f"A moment is a text such as 2026-11-22T05:02:11Z, not {value!r}.")
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise GraphQLError(f"{value!r} is no moment; write it as 2026-11-22T05:02:11Z.") from None
    if moment.tzinfo is None:
        raise GraphQLError(f"{value!r} does not say in which time zone; write 2026-11-22T05:02:11Z.")
    return moment


def _read_byte_count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise GraphQLError(f"A count of bytes is a whole number, not {value!r}.")
    if not 0 <= value <= _GREATEST_BYTE_COUNT:
        raise GraphQLError(f"A count of bytes is a number from 0 to 2^53, not {value!r}.")
    return int(value)


def _as_it_is(value: Any) -> Any:
    return value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339 instant in UTC, e.g. 2026-11-22T05:02:11.123456Z.",
        serialize=_write_moment,
        parse_value=_read_moment,
    ),
    JSON: strawberry.scalar(name="JSON", description="Any JSON value.", serialize=_as_it_is, parse_value=_as_it_is),
    ByteCount: strawberry.scalar(
        name="ByteCount",
        description="A count of bytes: a JSON number up to 2^53.",
        serialize=_as_it_is,
        parse_value=_read_byte_count,
    ),
}
