"""What a selection's text is parsed into: a tree of clauses that know their place."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from dalsegno.runs.status import StepStatus

# More levels than any pipeline has.
ALL_LEVELS: Final = 10**9
_OPERATORS = "0123456789+*"


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a part stands in its text: code points from `start` to `end`, end exclusive."""

    text: str
    # Of the text in its list.
    text_index: int
    start: int
    end: int

    @property
    def clause(self) -> str:
        """The part with the level operators beside it."""
        start = len(self.text[: self.start].rstrip(_OPERATORS))
        end = len(self.text) - len(self.text[self.end :].lstrip(_OPERATORS))
        return self.text[start:end]


class EveryStep(msgspec.Struct, frozen=True, kw_only=True):
    """`*`: every step of the scope."""

    place: Place


class StepName(msgspec.Struct, frozen=True, kw_only=True):
    """`train`: one step by its key. `work[k1]`, `work[?]`, `work`: one element of a mapped step, or all of them."""

    key: str
    place: Place


class NamePattern(msgspec.Struct, frozen=True, kw_only=True):
    """`name:train_*`: every step whose key fits; `*` stands for any characters, `?` for one."""

    pattern: str
    place: Place


# The words of `status:`, as they are shown to people; `failed` is another for failure. A step that was planned and
# never reached, or never planned, is pending.
STATUS_WORDS: Final[Mapping[str, StepStatus]] = {
    "success": StepStatus.SUCCESS,
    "failed": StepStatus.FAILURE,
    "failure": StepStatus.FAILURE,
    "skipped": StepStatus.SKIPPED,
    "blocked": StepStatus.BLOCKED,
    "canceled": StepStatus.CANCELED,
    "pending": StepStatus.PENDING,
    "running": StepStatus.RUNNING,
    "retrying": StepStatus.RETRYING,
}
IS_WORDS: Final = ("changed", "stale")


class AttributeKind(StrEnum):
    """By what an attribute clause picks."""

    # The effective state in the lineage of the parent run.
    STATUS = "status"
    # Whether what a step made is still what it would make now.
    IS = "is"
    TAG = "tag"
    # The enclosing pipeline.
    IN = "in"


class Attribute(msgspec.Struct, frozen=True, kw_only=True):
    """`status:failed`, `is:changed`, `is:stale`, `tag:team=ml`, `tag:team`, `in:inner`; it may pick nothing."""

    kind: AttributeKind
    value: str
    place: Place


class WithLevels(msgspec.Struct, frozen=True, kw_only=True):
    """`2+train*`: what the operand picks, with so many levels upstream and downstream of it."""

    operand: Clause
    place: Place
    upstream: int = 0
    downstream: int = 0


class Function(StrEnum):
    """What can be taken of a selection."""

    # The steps that no other of them leads to.
    ROOTS = "roots"
    # The steps that lead to no other of them.
    SINKS = "sinks"


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """`roots(x)`, `sinks(x)`: where what the operand picks begins, where it ends."""

    function: Function
    operand: Clause
    place: Place


class Not(msgspec.Struct, frozen=True, kw_only=True):
    """`not x`: every step of the scope that the operand does not pick."""

    operand: Clause
    place: Place


class AllOf(msgspec.Struct, frozen=True, kw_only=True):
    """`x and y`: what all of the operands pick; two at least."""

    operands: tuple[Clause, ...]
    place: Place


class AnyOf(msgspec.Struct, frozen=True, kw_only=True):
    """`x or y`, `x, y`, `x y`: what any of the operands picks; two at least."""

    operands: tuple[Clause, ...]
    place: Place


Clause: TypeAlias = EveryStep | StepName | NamePattern | Attribute | WithLevels | Ends | Not | AllOf | AnyOf


def operands_of(clause: Clause) -> tuple[Clause, ...]:
    """The clauses directly below."""
    match clause:
        case WithLevels(operand=operand) | Ends(operand=operand) | Not(operand=operand):
            return (operand,)
        case AllOf(operands=operands) | AnyOf(operands=operands):
            return operands
        case _:
            return ()
