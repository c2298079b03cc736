"""The place of a run among those that wait for a worker, as its tag asks for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress

from dalsegno.errors import InvalidTagError

# Higher ones are taken first, of equal ones the oldest; a run without it has 0. Re-executions inherit it.
PRIORITY_TAG = "dalsegno/priority"

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,10}")
_LARGEST = 1_000_000_000


def check_priority(tags: Mapping[str, str]) -> None:
    """Raises InvalidTagError where the tag, as somebody gives it, can't be used."""
    _priority(tags.get(PRIORITY_TAG, "0"))


def priority_of(tags: Mapping[str, str]) -> int:
    """The priority that the tags of a run ask for. One that was stored before anybody checked it asks for nothing."""
    with suppress(InvalidTagError):
        return _priority(tags.get(PRIORITY_TAG, "0"))
    return 0


def _priority(text: str) -> int:
    if not _WHOLE_NUMBER.fullmatch(text) or abs(int(text)) > _LARGEST:
        problem = f"it must be a whole number from {-_LARGEST:,} to {_LARGEST:,}, such as 10; higher ones run first"
        raise InvalidTagError(key=PRIORITY_TAG, value=text, problem=problem)
    return int(text)
