"""The selection language: texts parsed into a tree of clauses.

    selection  = text { text }                             the union of all
    text       = "*" | union                               "*" alone is every step
    union      = [ sep ] both { ( sep | "or" ) both } [ sep ]
    both       = negation { "and" negation }               what all of them pick
    negation   = { "not" } ( leveled | "*" )               every step that it does not pick
    leveled    = [ upstream ] operand [ downstream ]       no blank inside
    operand    = name | attribute | "(" union ")" | ( "roots" | "sinks" ) "(" union ")"
    name       = word | quoted                             a step's key: exact, case-sensitive
    attribute  = "name:" ( pattern | quoted )              "*" any characters, "?" one, in quotes too
               | "status:" value | "is:" value | "in:" value
               | "tag:" value { value }                    the tag's name, or name=value; the values are put together
    upstream   = number "+" | operator
    downstream = "+" number | operator
    operator   = one or more "+", with at most one "*" among them; or "*"
    value      = word | quoted
    word       = one or more of all but blanks and , + * ( ) : "
    pattern    = one or more of all but blanks and , + ( ) : "
    quoted     = '"' any but '"' '"'
    number     = one or more of 0 to 9
    sep        = one or more of "," and blanks             a blank is what Unicode says is one

Tightest first: level operators, "not", "and", then "or", "," and blank alike; blanks may stand around words and inside
parentheses. "*" as a clause stands beside "and", "or", "not" or a parenthesis, for anywhere else it might be meant for
the step beside it; so "(*)" is every step too. As many levels as there are plus signs, or as the number says; with a
"*" all of them. Digits that one "+" and an operand follow (`3+train`) are levels, any others belong to a name (`7up`,
`7+`); quotes tell them apart (`"7"+7`). A pattern ends at a "+"; one that "*" is to follow as a level operator stands
in quotes: `name:"train_*"*`. `and`, `or` and `not` are words of the language: a step so named is written in quotes, as
is one with a character that ends a word.

Nothing here recurses, and each token is looked at a few times only: a text of any length is safe to parse.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dalsegno.errors import InvalidSelectionError
from dalsegno.plan.selection_group import Group, spanning
from dalsegno.plan.selection_refusals import Refusals
from dalsegno.plan.selection_tokens import Token, tokens_of
from dalsegno.plan.selection_tree import (
    ALL_LEVELS,
    IS_WORDS,
    STATUS_WORDS,
    AnyOf,
    Attribute,
    AttributeKind,
    Clause,
    Ends,
    EveryStep,
    Function,
    NamePattern,
    Place,
    StepName,
    WithLevels,
)

NAME_LABEL = "name:"


def parse_selection(texts: Sequence[str]) -> Clause:
    """The tree of these texts, one at least; InvalidSelectionError, with its position, where one does not parse."""
    operands: list[Clause] = []
    for index, text in enumerate(texts):
        tree = _Parser(text, index, _parses).tree()
        operands.extend(tree.operands if isinstance(tree, AnyOf) else (tree,))
    return operands[0] if len(operands) == 1 else AnyOf(operands=tuple(operands), place=operands[0].place)


def joined_forms(name: Place) -> tuple[str, ...]:
    """What may be meant by a name, should no step have it: a number of levels that stands apart from its step."""
    refusals = Refusals(name.text, name.text_index, tokens_of(name.text), _parses)
    at = next(index for index, token in enumerate(refusals.tokens) if token.start == name.start)
    return refusals.joined_forms(at) if refusals.tokens[at].is_number else ()


def _parses(text: str) -> bool:
    """Suggestions are tried; what is wrong with one needs none itself."""
    try:
        _Parser(text, 0, lambda _: False).tree()
    except InvalidSelectionError:
        return False
    return True


class _Parser:
    """Reads one text from left to right."""

    def __init__(self, text: str, text_index: int, parses: Callable[[str], bool]) -> None:
        self._tokens = tokens_of(text)
        self._refusals = Refusals(text, text_index, self._tokens, parses)
        # The index of the next token.
        self._at = 0
        # The text, and the parentheses in it that are open, outermost first.
        self._groups = [Group()]

    def tree(self) -> Clause:
        """The whole text."""
        while (token := self._next).kind != "end":
            if token.kind == "blank":
                self._at += 1
            elif token.kind == "comma":
                self._separate()
            elif token.kind == "close":
                self._close()
            elif token.is_reserved:
                self._connect()
            else:
                self._operand()
        if len(self._groups) > 1:
            raise self._refusals.unclosed(self._groups[-1].opening)
        tree = self._tree_of(self._groups[0])
        if tree is None:
            raise self._refusals.nothing()
        return tree

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        self._at += 1
        return self._tokens[self._at - 1]

    def _separate(self) -> None:
        group = self._groups[-1]
        if group.awaiting is not None:
            raise self._refusals.awaits_clause(group.awaiting)
        group.follows_clause = False
        self._at += 1

    def _connect(self) -> None:
        group = self._groups[-1]
        if self._next.text != "not" and not group.follows_clause:
            raise self._refusals.no_clause_before(self._next)
        group.connect(self._take())

    def _operand(self) -> None:
        """A clause, or as much of it as stands before and in its opening parenthesis."""
        first = self._at
        if self._next.kind == "operator" and self._ends_clause(first + 1):
            if not self._is_every_step(first):
                raise self._refusals.detached(first)
            self._groups[-1].add(EveryStep(place=self._refusals.place(self._take())))
            return
        upstream = self._upstream()
        if self._next.is_reserved:
            raise self._refusals.reserved(self._next)
        function = None
        if self._next.kind == "word" and self._tokens[self._at + 1].kind == "open":
            if self._next.text not in set(Function):
                raise self._refusals.unknown_function(self._at)
            function = Function(self._take().text)
        if self._next.kind == "open":
            self._groups.append(Group(first, self._at, upstream, function))
            self._at += 1
        else:
            self._end_operand(first, upstream, self._leaf(first))

    def _close(self) -> None:
        if len(self._groups) == 1:
            raise self._refusals.nothing_to_close(self._next)
        group = self._groups.pop()
        inner = self._tree_of(group)
        if inner is None:
            raise self._refusals.empty(group.opening, self._at)
        closing = self._take()
        if group.function is not None:
            start = self._tokens[group.opening - 1].start
            place = spanning(inner.place, inner.place, start=start, end=closing.end)
            inner = Ends(function=group.function, operand=inner, place=place)
        self._end_operand(group.first, group.upstream, inner)

    def _tree_of(self, group: Group) -> Clause | None:
        if group.awaiting is not None:
            raise self._refusals.awaits_clause(group.awaiting)
        return group.tree()

    def _end_operand(self, first: int, upstream: int, operand: Clause) -> None:
        downstream = self._downstream()
        begin, last = self._tokens[first], self._tokens[self._at - 1]
        if upstream or downstream:
            place = spanning(operand.place, operand.place, start=begin.start, end=last.end)
            operand = WithLevels(operand=operand, upstream=upstream, downstream=downstream, place=place)
        # Words may stand right behind a parenthesis.
        if not self._ends_clause(self._at) and not (last.kind == "close" and self._next.is_reserved):
            raise self._refusals.goes_on(first, self._at)
        self._groups[-1].add(operand)

    def _ends_clause(self, at: int) -> bool:
        return self._tokens[at].separates or self._tokens[at].kind == "close"

    def _is_every_step(self, at: int) -> bool:
        """A `*` that stands alone, where it can't be meant for a step beside it."""
        if self._tokens[at].text != "*":
            return False
        blank_before = at > 0 and self._tokens[at - 1].kind == "blank"
        blank_behind = self._tokens[at + 1].kind == "blank"
        before = self._tokens[at - 1 - blank_before] if at > blank_before else None
        behind = self._tokens[at + 1 + blank_behind]
        if before is None and behind.kind == "end":
            return True
        is_bound_before = before is not None and (before.kind == "open" or before.is_reserved)
        is_bound_behind = behind.kind == "close" or (behind.is_reserved and behind.text != "not")
        return (
            (is_bound_before or is_bound_behind)
            and (is_bound_before or before is None or before.kind == "comma")
            and (is_bound_behind or behind.kind in ("end", "comma"))
        )

    def _upstream(self) -> int:
        if self._next.kind == "operator":
            return self._levels(self._take())
        if self._next.is_number and len(self._tokens) > self._at + 2:
            operator, step = self._tokens[self._at + 1 : self._at + 3]
            if operator.text == "+" and step.kind in ("word", "quoted", "label", "open"):
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

    def _levels(self, operator: Token) -> int:
        if operator.text.count("*") > 1:
            raise self._refusals.two_stars(self._at - 1)
        return ALL_LEVELS if "*" in operator.text else len(operator.text)

    def _leaf(self, first: int) -> Clause:
        token = self._next
        if token.kind == "label":
            return self._attribute()
        if token.kind not in ("word", "quoted"):
            raise self._refusals.unknown(first, token)
        self._at += 1
        return StepName(key=token.content, place=self._refusals.place(token))

    def _attribute(self) -> Clause:
        label = self._at
        kind = self._take().text
        if kind != NAME_LABEL and kind[:-1] not in set(AttributeKind):
            raise self._refusals.unknown_attribute(label)
        value = self._next
        if value.kind not in ("word", "quoted", "pattern"):
            raise self._refusals.no_value(label)
        self._at += 1
        content = value.content
        while kind == "tag:" and self._next.kind in ("word", "quoted"):
            content += self._take().content
        place = self._refusals.place(self._tokens[label], self._tokens[self._at - 1])
        if self._next.kind in ("label", "colon"):
            raise self._refusals.unquoted_value(label)
        if kind == NAME_LABEL:
            return NamePattern(pattern=content, place=place)
        known = {"status:": tuple(STATUS_WORDS), "is:": IS_WORDS}.get(kind)
        if known is not None and content not in known:
            raise self._refusals.unknown_value(place, kind, content, known)
        return Attribute(kind=AttributeKind(kind[:-1]), value=content, place=place)


def _level_count(digits: str) -> int:
    # Long numbers are not even converted: int() takes quadratic time, and refuses more than 4,300 digits.
    significant = digits.lstrip("0")
    return int(significant or "0") if len(significant) < 10 else ALL_LEVELS
