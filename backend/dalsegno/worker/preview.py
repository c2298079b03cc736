"""A short rendering of a value, made where the step ran, so that nobody has to unpickle it to see what it is."""

from __future__ import annotations

import reprlib

MAX_CHARACTERS = 300


class _ShortRepr(reprlib.Repr):
    def __init__(self) -> None:
        super().__init__()
        self.maxlevel = 3
        self.maxdict = self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = 6
        self.maxstring = self.maxother = 120

    def repr_bytes(self, value: bytes | bytearray, level: int) -> str:
        """Of the beginning alone: the repr of gigabytes takes several times as many."""
        if len(value) <= self.maxstring:
            return repr(value)
        return f"{value[: self.maxstring // 2]!r}... ({len(value):,} bytes)"

    repr_bytearray = repr_bytes


_short = _ShortRepr()


def preview_of(value: object) -> str:
    """At most 300 characters; a value whose own repr fails is shown by its type."""
    try:
        text = _short.repr(value)
    except Exception as broken:  # noqa: BLE001 - an author's __repr__ may raise anything
        text = f"<{type(value).__name__}: its repr raised {type(broken).__name__}>"
    # Lone surrogates can't be stored as UTF-8.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= MAX_CHARACTERS else f"{text[: MAX_CHARACTERS - 3]}..."
