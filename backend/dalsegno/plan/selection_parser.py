"""The selection language: texts parsed into a tree of clauses that know their place.

    selection  = text { text }                             the union of all
    text       = "*" | clause { separator clause }         the union of all; "*" alone is every step
    clause     = [ upstream ] step [ downstream ]          no blank inside
    upstream   = number "+" | operator
    downstream = "+" number | operator
    operator   = one or more "+", with at most one "*" among them; or "*"
    step       = word | '"' any but '"' '"'
    word       = one or more of all but blanks and , + * ( ) : "
    number     = one or more of 0 to 9
    separator  = one or more of "," and blanks             a blank is what Unicode says is one

As many levels as there are plus signs, or as the number says; with a "*" all of them. Digits that one "+" and a step
follow (`3+train`) are levels, any others belong to a name (`7up`, `7+`); quotes tell them apart (`"7"+7`). `and`, `or`
and `not` are words of the language: a step so named is written in quotes, as is one with a character that ends a word.

Nothing here recurses, and each token is looked at a few times only: a text of any length is safe to parse.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NoReturn

import msgspec

from dalsegno.errors import InvalidSelectionError

# More levels than any pipeline has.
ALL_LEVELS: Final = 10**9

_RESERVED = frozenset({"and", "or", "not"})
_WORD = r'[^\s,+*():"]+'
_TOKEN = re.compile(
    rf'(?P<blank>\s+)|(?P<comma>,)|(?P<operator>[+*]+)|(?P<punctuation>[():])|(?P<quoted>"[^"]*")|(?P<unclosed>"[^"]*)'
    rf"|(?P<word>{_WORD})"
)
# One name with level operators. Possessive, so that no long run is tried twice.
_OPERATOR = r"\+*+\*?+\+*+"
_PLAIN_CLAUSE = re.compile(rf'(?:[0-9]++\+|{_OPERATOR})(?:"[^"]*+"|{_WORD})(?:\+[0-9]++|{_OPERATOR})')


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a part stands in its text: code points from `start` to `end`, end exclusive."""

    text_index: int
    start: int
    end: int
    # The whole clause that it belongs to.
    clause: str


class EveryStep(msgspec.Struct, frozen=True, kw_only=True):
    """`*`: every step of the scope."""


class StepName(msgspec.Struct, frozen=True, kw_only=True):
    """One step by its key."""

    key: str
    place: Place
    # What was perhaps meant, should no step have this key.
    alternatives: tuple[str, ...] = ()


class WithLevels(msgspec.Struct, frozen=True, kw_only=True):
    """What the operand picks, with so many levels upstream and downstream of it."""

    operand: EveryStep | StepName
    upstream: int = 0
    downstream: int = 0


class AnyOf(msgspec.Struct, frozen=True, kw_only=True):
    """What any of the operands picks."""

    operands: tuple[WithLevels, ...]


def parse_selection(texts: Sequence[str]) -> AnyOf:
    """The tree of these texts; InvalidSelectionError, with its position, where one does not parse."""
    return AnyOf(
        operands=tuple(clause for index, text in enumerate(texts) for clause in _Parser(text, index).clauses())
    )


def written(key: str) -> str:
    """How a step's key is written in a selection: in quotes where it would not be read as a name."""
    return key if re.fullmatch(_WORD, key) and key not in _RESERVED else f'"{key}"'


def shown(text: str) -> str:
    """A part of a text as a message quotes it, cut where it is long."""
    return repr(text if len(text) <= 60 else f"{text[:57]}...")


def refusal(problem: str, place: Place, suggestions: tuple[str, ...] = ()) -> InvalidSelectionError:
    """The error for the part that stands at `place`."""
    return InvalidSelectionError(
        problem=problem,
        clause=place.clause,
        text_index=place.text_index,
        start=place.start,
        end=place.end,
        suggestions=suggestions,
    )


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str
    start: int
    end: int

    @property
    def separates(self) -> bool:
        return self.kind in ("blank", "comma", "end")

    @property
    def is_number(self) -> bool:
        return self.kind == "word" and self.text.isascii() and self.text.isdigit()


class _Parser:
    """Reads one text from left to right."""

    def __init__(self, text: str, text_index: int) -> None:
        self._text = text
        self._text_index = text_index
        self._tokens = [_Token(str(one.lastgroup), one.group(), *one.span()) for one in _TOKEN.finditer(text)]
        self._tokens.append(_Token("end", "", len(text), len(text)))
        # Indexes of the next token, and of the first one of the clause that it is in.
        self._at = 0
        self._first = 0

    def clauses(self) -> list[WithLevels]:
        """Every clause of the text."""
        if self._text.strip() == "*":
            return [WithLevels(operand=EveryStep())]
        found = []
        while self._skip_separators():
            self._first = self._at
            found.append(self._clause())
        if not found:
            place = Place(text_index=self._text_index, start=0, end=len(self._text), clause=self._text)
            raise refusal("A text without a clause picks nothing; '*' picks every step.", place)
        return found

    def _skip_separators(self) -> bool:
        """Stands before a clause now; False at the end of the text."""
        while self._next.separates:
            if self._next.kind == "end":
                return False
            self._at += 1
        return True

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _clause(self) -> WithLevels:
        upstream = self._upstream()
        step = self._step()
        downstream = self._downstream()
        if not self._next.separates:
            self._refuse_rest()
        return WithLevels(operand=step, upstream=upstream, downstream=downstream)

    def _upstream(self) -> int:
        if self._next.kind == "operator":
            operator = self._take()
            if self._next.separates:
                self._refuse_detached(operator)
            return self._levels(operator)
        if self._next.is_number and len(self._tokens) > self._at + 2:
            operator, step = self._tokens[self._at + 1 : self._at + 3]
            if operator.text == "+" and step.kind in ("word", "quoted"):
                number = self._take()
                self._take()
                return _level_count(number.text)
        return 0

    def _downstream(self) -> int:
        if self._next.kind != "operator":
            return 0
        operator = self._take()
        if operator.text == "+" and self._next.is_number:
            return _level_count(self._take().text)
        return self._levels(operator)

    def _levels(self, operator: _Token) -> int:
        if operator.text.count("*") > 1:
            meant = self._clause_text(self._first).replace(operator.text, "*")
            suggestions = (meant,) if _PLAIN_CLAUSE.fullmatch(meant) else ()
            self._refuse(f"{shown(operator.text)} is no level operator: one '*' is every level.", operator, suggestions)
        return ALL_LEVELS if "*" in operator.text else len(operator.text)

    def _step(self) -> StepName:
        token = self._take()
        if token.kind not in ("word", "quoted"):
            self._refuse_unknown(token)
        if token.text in _RESERVED:
            self._refuse(
                f"The word {shown(token.text)} is not known as a clause here; separate clauses by ',' or a blank. "
                f'A step of that name is written in quotes: "{token.text}".',
                token,
            )
        return StepName(
            key=token.text if token.kind == "word" else token.text[1:-1],
            place=self._place(token),
            alternatives=self._joined_forms() if token.is_number else (),
        )

    def _refuse_unknown(self, token: _Token) -> NoReturn:
        if token.kind == "unclosed":
            self._refuse("The quote that opens here is not closed.", token)
        clause, start = self._clause_text(self._first), self._tokens[self._first].start
        self._refuse(
            f"The clause {shown(clause)} is not known: {shown(token.text)} has no meaning here. A clause is a step's "
            "name, with level operators as in 'train+' or '*train'; a name with such a character is written in quotes.",
            _Token("clause", clause, start, start + len(clause)),
        )

    def _refuse_detached(self, operator: _Token) -> NoReturn:
        if operator.text == "*":
            problem = "'*' is every step only as the whole text; as a level operator it is written right at its step."
        else:
            problem = f"The operator {shown(operator.text)} stands apart from its step; write it right at the step."
        self._refuse(problem, operator, self._joined_forms())

    def _refuse_rest(self) -> NoReturn:
        """A whole clause has been read, and something that is no separator follows."""
        token, before = self._next, self._tokens[self._at - 1]
        if token.kind in ("punctuation", "unclosed"):
            self._refuse_unknown(token)
        if before.kind != "operator":
            self._refuse(f"{shown(token.text)} is not expected here: separate clauses by ',' or a blank.", token)
        clause, start = self._clause_text(self._first), self._tokens[self._first].start
        left, right = clause[: before.start - start], clause[before.end - start :]
        readings = (left + before.text, right), (left, before.text + right)
        self._refuse(
            f"The operator {shown(before.text)} stands inside the clause {shown(clause)}; it comes first or last.",
            before,
            tuple(" ".join(pair) for pair in readings if all(map(_PLAIN_CLAUSE.fullmatch, pair))),
        )

    def _joined_forms(self) -> tuple[str, ...]:
        """This clause joined to the one before or after it, where only a blank parts an operator from its step."""
        here = self._clause_text(self._first)
        end = self._clause_end(self._first)
        pairs = []
        if self._first > 1 and self._tokens[self._first - 1].kind == "blank":
            pairs.append((self._clause_text(self._first - 2), here))
        if self._tokens[end].kind == "blank":
            pairs.append((here, self._clause_text(end + 1)))
        return tuple(
            left + right
            for left, right in pairs
            if left and right and (left[-1] in "+*" or right[0] in "+*") and _PLAIN_CLAUSE.fullmatch(left + right)
        )

    def _clause_text(self, at: int) -> str:
        """All of the clause that the token at this index is in; empty where that token is a separator."""
        first, end = at, self._clause_end(at)
        while first < end and first > 0 and not self._tokens[first - 1].separates:
            first -= 1
        return self._text[self._tokens[first].start : self._tokens[end].start]

    def _clause_end(self, at: int) -> int:
        """The index of the first separator from there on."""
        while not self._tokens[at].separates:
            at += 1
        return at

    def _place(self, token: _Token) -> Place:
        clause = self._clause_text(self._first)
        return Place(text_index=self._text_index, start=token.start, end=token.end, clause=clause)

    def _refuse(self, problem: str, token: _Token, suggestions: tuple[str, ...] = ()) -> NoReturn:
        raise refusal(problem, self._place(token), suggestions)


def _level_count(digits: str) -> int:
    # Long numbers are not even converted: int() takes quadratic time, and refuses more than 4,300 digits.
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) < 10 else ALL_LEVELS
