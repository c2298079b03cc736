"""What has been read of a selection's text so far: clauses, and the words between them, put together to a tree."""

from __future__ import annotations

from collections.abc import Sequence

from dalsegno.plan.selection_tokens import Token
from dalsegno.plan.selection_tree import AllOf, AnyOf, Clause, Function, Not, Place


def spanning(first: Place, last: Place, *, start: int | None = None, end: int | None = None) -> Place:
    """From the beginning of one part to the end of another; or from `start`, or to `end`."""
    return Place(
        text=first.text,
        text_index=first.text_index,
        start=first.start if start is None else start,
        end=last.end if end is None else end,
    )


class Group:
    """What has been read of a whole text, or of one pair of parentheses."""

    def __init__(self, first: int = 0, opening: int = 0, upstream: int = 0, function: Function | None = None) -> None:
        # Indexes of the tokens that its clause and its parenthesis begin with.
        self.first = first
        self.opening = opening
        self.upstream = upstream
        self.function = function
        # A word of the language that still waits for a clause.
        self.awaiting: Token | None = None
        # A clause stands right before: a word may follow.
        self.follows_clause = False
        self._union: list[Clause] = []
        self._both: list[Clause] = []
        self._negations: list[Token] = []
        self._joins = False

    def connect(self, word: Token) -> None:
        """A word of the language was read."""
        self.awaiting = word
        self.follows_clause = False
        if word.text == "not":
            self._negations.append(word)
        else:
            self._joins = word.text == "and"

    def add(self, clause: Clause) -> None:
        """A clause was read, with its level operators."""
        for word in reversed(self._negations):
            clause = Not(operand=clause, place=spanning(clause.place, clause.place, start=word.start))
        if not self._joins:
            self._end_both()
        self._both.append(clause)
        self._negations.clear()
        self._joins, self.awaiting, self.follows_clause = False, None, True

    def tree(self) -> Clause | None:
        """All of it; None where it is empty."""
        self._end_both()
        if len(self._union) > 1:
            return AnyOf(operands=tuple(self._union), place=_place(self._union))
        return self._union[0] if self._union else None

    def _end_both(self) -> None:
        if len(self._both) > 1:
            self._union.append(AllOf(operands=tuple(self._both), place=_place(self._both)))
        else:
            self._union.extend(self._both)
        self._both = []


def _place(clauses: Sequence[Clause]) -> Place:
    return spanning(clauses[0].place, clauses[-1].place)
