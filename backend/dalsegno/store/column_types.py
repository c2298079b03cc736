"""How values lie in columns, the same on every database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Identifiers: compared and ordered by code point on every database, so that ranges and orders agree.
Key = Text().with_variant(Text(collation="C"), "postgresql")


class Instant(TypeDecorator[datetime]):
    """A moment, as whole microseconds since 1970 in UTC; it comes back as an aware datetime."""

    impl = BigInteger
    cache_ok = True

    # Called for every value of every row: what TypeDecorator wraps around its simpler hooks costs as much again.

    def bind_processor(self, _dialect: Dialect) -> Callable[[datetime | None], int | None]:
        return _microseconds

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[int | None], datetime | None]:
        return _moment


class Prose(TypeDecorator[str]):
    """Text from people or programs. What a database can't hold, NUL and lone surrogates, becomes a question mark."""

    impl = Text
    cache_ok = True

    def bind_processor(self, _dialect: Dialect) -> Callable[[str | None], str | None]:
        return lambda value: None if value is None else _storable(value)


class Json(TypeDecorator[Any]):
    """A value of one type as JSON text; None is NULL.

    Text rather than JSONB: nothing is searched inside, and JSONB refuses NUL and reorders keys.
    """

    impl = Text
    cache_ok = True

    def __init__(self, value_type: Any) -> None:
        super().__init__()
        self.value_type = value_type
        self._decode = msgspec.json.Decoder(value_type).decode

    def bind_processor(self, _dialect: Dialect) -> Callable[[Any], str | None]:
        return lambda value: None if value is None else encode_json(value)

    def result_processor(self, _dialect: Dialect, _coltype: object) -> Callable[[str | None], Any]:
        decode = self._decode
        return lambda value: None if value is None else decode(value)


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def _moment(value: int | None) -> datetime | None:
    # Exact to the microsecond for two centuries on both sides of 1970.
    return None if value is None else datetime.fromtimestamp(value / 1_000_000, UTC)


_encoder = msgspec.json.Encoder()


def encode_json(value: Any) -> str:
    """JSON text of a value; lone surrogates become question marks."""
    try:
        return _encoder.encode(value).decode()
    except UnicodeEncodeError:
        return _encoder.encode(_encodable_within(msgspec.to_builtins(value))).decode()


def _storable(text: str) -> str:
    return _encodable(text.replace("\0", "?") if "\0" in text else text)


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def _encodable_within(value: Any) -> Any:
    if isinstance(value, str):
        return _encodable(value)
    if isinstance(value, dict):
        return {_encodable_within(key): _encodable_within(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable_within(one) for one in value]
    return value
