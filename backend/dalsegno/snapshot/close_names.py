"""What to suggest for a name that is not known."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

MAX_LISTED = 10


def known_names(name: object, known: Iterable[str]) -> str:
    """A sentence that names the closest known name, else those there are; empty where there are none."""
    names = tuple(known)
    close = get_close_matches(str(name), names, n=1)
    if close:
        return f" Did you mean {close[0]!r}?"
    if not names:
        return ""
    listed = ", ".join(map(repr, names[:MAX_LISTED]))
    return f" Known: {listed}{', ...' if len(names) > MAX_LISTED else ''}."
