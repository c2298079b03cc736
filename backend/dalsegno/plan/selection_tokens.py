"""The tokens of a selection's text, and the parts of the text that stand together."""

from __future__ import annotations

import re
from typing import Final

import msgspec

# Words of the language: a step so named is written in quotes.
RESERVED: Final = frozenset({"and", "or", "not"})
WORD: Final = r'[^\s,+*():"]+'
_TOKEN = re.compile(
    r"(?P<blank>\s+)|(?P<comma>,)"
    # After `name:` a `*` is a wildcard.
    r'|(?P<pattern>(?<=name:)[^\s,+():"]+)'
    r"|(?P<operator>[+*]+)|(?P<open>\()|(?P<close>\))"
    rf"|(?P<label>{WORD}:)|(?P<colon>:)"
    r'|(?P<quoted>"[^"]*")|(?P<unclosed>"[^"]*)'
    rf"|(?P<word>{WORD})"
)


class Token(msgspec.Struct, frozen=True):
    """One token: of which kind, and where it stands."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def separates(self) -> bool:
        """A clause ends before it."""
        return self.kind in ("blank", "comma", "end")

    @property
    def is_number(self) -> bool:
        """It may be a number of levels."""
        return self.kind == "word" and self.text.isascii() and self.text.isdigit()

    @property
    def is_reserved(self) -> bool:
        """`and`, `or`, `not`."""
        return self.kind == "word" and self.text in RESERVED

    @property
    def content(self) -> str:
        """Its text without quotes."""
        return self.text[1:-1] if self.kind == "quoted" else self.text


def tokens_of(text: str) -> list[Token]:
    """All of them, then one of the kind "end"."""
    found = [Token(str(one.lastgroup), one.group(), *one.span()) for one in _TOKEN.finditer(text)]
    found.append(Token("end", "", len(text), len(text)))
    return found


def part_begin(tokens: list[Token], at: int) -> int:
    """The index of the first token that stands together with that one: a pair of parentheses does, a blank does not."""
    return _part_bound(tokens, at, -1) + 1


def part_end(tokens: list[Token], at: int) -> int:
    """The index of the first token behind those that stand together with that one."""
    return _part_bound(tokens, at, 1)


def _part_bound(tokens: list[Token], at: int, step: int) -> int:
    """The first separator on that side, or parenthesis with its counterpart on the other."""
    inward, outward = ("open", "close") if step > 0 else ("close", "open")
    depth = 1 if tokens[at].kind == outward else 0
    while 0 <= at < len(tokens) - 1:
        kind = tokens[at].kind
        depth += (kind == inward) - (kind == outward)
        if depth < 0 or (depth == 0 and tokens[at].separates):
            break
        at += step
    return at


def written(key: str) -> str:
    """How a step's key is written in a selection: in quotes where it would not be read as a name."""
    return key if re.fullmatch(WORD, key) and key not in RESERVED else f'"{key}"'


def shown(text: str) -> str:
    """A part of a text as a message quotes it, cut where it is long."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
