"""Pages of lists: bounded in size, continued by opaque cursors that stay valid while entries come and go."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from dalsegno.api.fields import shown
from dalsegno.errors import InvalidCursorError, InvalidPageError

MAX_RUNS: Final = 200
MAX_GROUPS: Final = 200
MAX_EVENTS: Final = 1000
MAX_STEPS: Final = 10_000
# Totals are counted no further than one more than this.
COUNTED_AT_MOST: Final = 10_000

_WRITTEN = re.compile(r"([a-z]+):([!-~]+)")


@shown
class PageInfo:
    """Each bounded: 200 runs, 200 groups, 1,000 events a page; beyond is an error.
    `after` is exclusive; a cursor that is none is an error.
    """

    has_next_page: bool
    end_cursor: str | None


def checked_size(first: int, at_most: int) -> int:
    """The size of a page, if pages of this size are given. Raises InvalidPageError."""
    if not 1 <= first <= at_most:
        raise InvalidPageError(asked=first, at_most=at_most)
    return first


def cursor_of(kind: str, place: str | int) -> str:
    """The cursor of a place in lists of this kind."""
    return base64.urlsafe_b64encode(f"{kind}:{place}".encode()).decode().rstrip("=")


def place_of(kind: str, cursor: str | None) -> str | None:
    """The place that a cursor means; None where there is none. Raises InvalidCursorError."""
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        raise InvalidCursorError(cursor=cursor) from None
    parts = _WRITTEN.fullmatch(text)
    if parts is None or parts[1] != kind:
        raise InvalidCursorError(cursor=cursor)
    return parts[2]


def number_of(kind: str, cursor: str | None) -> int:
    """The number that a cursor means; 0 where there is none. Raises InvalidCursorError."""
    place = place_of(kind, cursor)
    if place is None:
        return 0
    if not (place.isdecimal() and len(place) < 19):
        raise InvalidCursorError(cursor=cursor or "")
    return int(place)
