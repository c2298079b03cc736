"""Why a selection's text does not parse: where, what is wrong there, and what may be meant."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from dalsegno.errors import InvalidSelectionError
from dalsegno.plan.selection_tokens import Token, part_begin, part_end, shown
from dalsegno.plan.selection_tree import AttributeKind, Function, Place

_ATTRIBUTES = ("name", *AttributeKind)
_EXAMPLES = {
    "name": "name:train_*",
    "status": "status:failed",
    "is": "is:changed",
    "tag": "tag:team=ml",
    "in": "in:inner",
}
assert set(_EXAMPLES) == set(_ATTRIBUTES)


def refusal(
    problem: str, place: Place, suggestions: tuple[str, ...] = (), *, clause: str | None = None
) -> InvalidSelectionError:
    """The error for the part that stands at `place`."""
    return InvalidSelectionError(
        problem=problem,
        clause=place.clause if clause is None else clause,
        text_index=place.text_index,
        start=place.start,
        end=place.end,
        suggestions=suggestions,
    )


class Refusals:
    """The errors of one text. Tokens are named by their index where what stands beside them matters."""

    def __init__(self, text: str, text_index: int, tokens: list[Token], parses: Callable[[str], bool]) -> None:
        self.tokens = tokens
        self._text = text
        self._text_index = text_index
        self._parses = parses

    def place(self, first: Token, last: Token | None = None) -> Place:
        """Where the tokens from `first` to `last` stand."""
        return Place(text=self._text, text_index=self._text_index, start=first.start, end=(last or first).end)

    def nothing(self) -> InvalidSelectionError:
        """A text without a clause."""
        problem = "A text without a clause picks nothing; '*' picks every step."
        return refusal(problem, self._place_of(0, len(self._text)))

    def unclosed(self, opening: int) -> InvalidSelectionError:
        """A parenthesis that nothing closes."""
        return self._at(self.tokens[opening], "The parenthesis that opens here is not closed.")

    def nothing_to_close(self, closing: Token) -> InvalidSelectionError:
        """A parenthesis that nothing opened."""
        return self._at(closing, "There is no open parenthesis to close here.")

    def empty(self, opening: int, closing: int) -> InvalidSelectionError:
        """Parentheses around nothing."""
        place = self.place(self.tokens[opening], self.tokens[closing])
        problem = "Parentheses around nothing pick nothing; '*' is every step."
        return refusal(problem, place, clause=self._part(opening))

    def awaits_clause(self, word: Token) -> InvalidSelectionError:
        """`a and`, `not`: what follows is no clause."""
        return self._at(word, f"A clause is missing behind {shown(word.text)}.{_in_quotes(word)}")

    def no_clause_before(self, word: Token) -> InvalidSelectionError:
        """`and a`, `a or or b`: there is nothing to join."""
        return self._at(word, f"The word {shown(word.text)} stands between two clauses.{_in_quotes(word)}")

    def reserved(self, word: Token) -> InvalidSelectionError:
        """`+and`: a word of the language where a step is expected."""
        problem = f"Level operators stand at a step or at parentheses, not at the word {shown(word.text)}."
        return self._at(word, problem + _in_quotes(word))

    def unknown_function(self, at: int) -> InvalidSelectionError:
        """`heads(x)`."""
        token = self.tokens[at]
        known = " and ".join(f"{name}( )" for name in Function)
        problem = f"{shown(token.text)} can't be taken of a selection; {known} can. Separate clauses by ',' or a blank."
        close = get_close_matches(token.text.casefold(), [one.value for one in Function])
        return self._at(token, problem, tuple(close))

    def unknown(self, first: int, token: Token) -> InvalidSelectionError:
        """A clause in which something has no meaning."""
        if token.kind == "unclosed":
            return self._at(token, "The quote that opens here is not closed.")
        clause = self._part(first) or token.text
        start = self.tokens[first].start
        problem = (
            f"The clause {shown(clause)} is not known: {shown(token.text)} has no meaning here. A clause is a step's "
            "name, with level operators as in 'train+' or '*train', or an attribute such as 'status:failed'; a name "
            "with such a character is written in quotes."
        )
        return refusal(problem, self._place_of(start, start + len(clause)), clause=clause)

    def unknown_attribute(self, label: int) -> InvalidSelectionError:
        """`stauts:failed`."""
        token = self.tokens[label]
        name = token.text[:-1]
        rest = self._rest_of_part(label)
        meant = (f"{close}:{rest}" for close in get_close_matches(name.casefold(), _ATTRIBUTES))
        known = ", ".join(f"{one}:" for one in _ATTRIBUTES)
        problem = f"{shown(token.text)} is not known; clauses by attribute begin with one of {known}."
        return self._whole_clause(label, problem, self._that_parse(meant))

    def unknown_value(self, place: Place, label: str, value: str, known: tuple[str, ...]) -> InvalidSelectionError:
        """`status:done`."""
        listed = ", ".join(known)
        close = tuple(f"{label}{one}" for one in get_close_matches(value.casefold(), known, n=1))
        return refusal(f"{label!r} knows no {shown(value)}; it knows {listed}.", place, close)

    def no_value(self, label: int) -> InvalidSelectionError:
        """`status:`, `status: failed`."""
        token, behind = self.tokens[label], self.tokens[label + 1]
        if behind.kind == "unclosed":
            return self.unknown(label, behind)
        if behind.kind in ("label", "colon"):
            return self.unquoted_value(label)
        meant = (token.text + self._part(label + 2),) if behind.kind == "blank" else ()
        problem = f"{shown(token.text)} takes a value right behind it, as in {_EXAMPLES[token.text[:-1]]!r}."
        return self._at(token, problem, self._that_parse(meant))

    def unquoted_value(self, label: int) -> InvalidSelectionError:
        """`tag:url=http://x`."""
        token, rest = self.tokens[label], self._rest_of_part(label)
        meant = f'{token.text}"{rest}"'
        return self._whole_clause(label, "A value that holds ':' is written in quotes.", self._that_parse((meant,)))

    def two_stars(self, at: int) -> InvalidSelectionError:
        """`**train`."""
        token = self.tokens[at]
        begin, end = self.tokens[part_begin(self.tokens, at)].start, self.tokens[part_end(self.tokens, at)].start
        meant = f"{self._text[begin : token.start]}*{self._text[token.end : end]}"
        problem = f"{shown(token.text)} is no level operator: one '*' is every level."
        return self._at(token, problem, self._that_parse((meant,)))

    def detached(self, at: int) -> InvalidSelectionError:
        """`train *`: an operator that stands apart."""
        token = self.tokens[at]
        if token.text == "*":
            problem = (
                "'*' is every step only as the whole text, or beside 'and', 'or', 'not', '(' or ')'; as a level "
                "operator it is written right at its step."
            )
        else:
            problem = f"The operator {shown(token.text)} stands apart from its step; write it right at the step."
        return self._at(token, problem, self.joined_forms(at))

    def goes_on(self, first: int, at: int) -> InvalidSelectionError:
        """A clause has been read whole, and what follows is no separator."""
        token, before = self.tokens[at], self.tokens[at - 1]
        if token.kind in ("colon", "unclosed"):
            return self.unknown(first, token)
        if before.kind != "operator":
            return self._at(token, f"{shown(token.text)} is not expected here: separate clauses by ',' or a blank.")
        clause, start = self._part(first), self.tokens[first].start
        left, right = clause[: before.start - start], clause[before.end - start :]
        readings = f"{left}{before.text} {right}", f"{left} {before.text}{right}"
        problem = f"The operator {shown(before.text)} stands inside the clause {shown(clause)}; it comes first or last."
        return self._at(before, problem, self._that_parse(readings))

    def joined_forms(self, at: int) -> tuple[str, ...]:
        """The part there joined to the one before or behind, where only a blank parts an operator from its step."""
        begin, end = part_begin(self.tokens, at), part_end(self.tokens, at)
        joined = []
        if begin > 1 and self.tokens[begin - 1].kind == "blank":
            joined.append(self._joined(part_begin(self.tokens, begin - 2), begin, end))
        if self.tokens[end].kind == "blank":
            joined.append(self._joined(begin, end + 1, part_end(self.tokens, end + 1)))
        return self._that_parse(filter(None, joined))

    def _joined(self, begin: int, middle: int, end: int) -> str:
        """Two parts that a blank before `middle` parts, without it; empty where they have no operator there."""
        left, right = self.tokens[begin : middle - 1], self.tokens[middle:end]
        if not left or not right or "operator" not in (left[-1].kind, right[0].kind):
            return ""
        texts = [token.text for token in left]
        if left[-1].kind == "pattern" and right[0].text.startswith("*"):
            # Right behind the pattern it would be a wildcard.
            texts[-1] = f'"{texts[-1]}"'
        return "".join(texts) + "".join(token.text for token in right)

    def _that_parse(self, texts: Iterable[str]) -> tuple[str, ...]:
        return tuple(filter(self._parses, texts))

    def _part(self, at: int) -> str:
        """All that stands together from there on."""
        return self._text[self.tokens[at].start : self.tokens[part_end(self.tokens, at)].start]

    def _rest_of_part(self, label: int) -> str:
        return self._text[self.tokens[label].end : self.tokens[part_end(self.tokens, label)].start]

    def _place_of(self, start: int, end: int) -> Place:
        return Place(text=self._text, text_index=self._text_index, start=start, end=end)

    def _whole_clause(self, first: int, problem: str, suggestions: tuple[str, ...]) -> InvalidSelectionError:
        start = self.tokens[first].start
        return refusal(problem, self._place_of(start, start + len(self._part(first))), suggestions)

    def _at(self, token: Token, problem: str, suggestions: tuple[str, ...] = ()) -> InvalidSelectionError:
        at = next(index for index, one in enumerate(self.tokens) if one.start == token.start)
        begin, end = part_begin(self.tokens, at), part_end(self.tokens, at)
        clause = self._text[self.tokens[begin].start : self.tokens[end].start] if begin < end else token.text
        return refusal(problem, self.place(token), suggestions, clause=clause)


def _in_quotes(word: Token) -> str:
    return f' A step of that name is written in quotes: "{word.text}".'
