"""The place of a run among those that wait for a worker, as its tag asks for it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dalsegno.errors import InvalidTagError

# Higher ones are taken first, of equal ones the oldest; a run without it has 0. Re-executions inherit it.
PRIORITY_TAG = "dalsegno/priority"

_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,10}")
_LARGEST = 1_000_000_000


def priority_of(tags: Mapping[str, str]) -> int:
    """The priority that the tags ask for. Raises InvalidTagError."""
    text = tags.get(PRIORITY_TAG)
    if text is None:
        return 0
    if not _WHOLE_NUMBER.fullmatch(text) or abs(int(text)) > _LARGEST:
        problem = f"it must be a whole number from {-_LARGEST:,} to {_LARGEST:,}, such as 10; higher ones run first"
        raise InvalidTagError(key=PRIORITY_TAG, value=text, problem=problem)
    return int(text)
