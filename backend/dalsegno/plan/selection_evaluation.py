"""What a selection's tree picks: sets of step keys, worked out from the leaves to the root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from dalsegno.errors import InvalidSelectionError
from dalsegno.plan.selection_context import SelectionContext
from dalsegno.plan.selection_names import StepNames
from dalsegno.plan.selection_refusals import refusal
from dalsegno.plan.selection_scope import ScopedSteps
from dalsegno.plan.selection_tree import (
    STATUS_WORDS,
    AllOf,
    AnyOf,
    Attribute,
    AttributeKind,
    Clause,
    Ends,
    EveryStep,
    Function,
    NamePattern,
    Not,
    StepName,
    WithLevels,
    operands_of,
)
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.step_keys import step_name

# How often a key may be looked at for one selection: a second or two, and as many keys in memory.
_MAX_LOOKS = 5_000_000


def steps_picked_by(tree: Clause, steps: ScopedSteps, context: SelectionContext) -> Set[str]:
    """The keys in scope that the tree picks."""
    evaluation = _Evaluation(steps, context)
    values: dict[int, Set[str]] = {}
    looks = 0
    for clause in _from_the_leaves(tree):
        looks += 1 if isinstance(clause, StepName) else len(steps)
        if looks > _MAX_LOOKS:
            raise refusal("The selection has too many clauses for a pipeline of this size.", tree.place)
        values[id(clause)] = evaluation.of(clause, [values.pop(id(part)) for part in _parts(clause)])
    return values[id(tree)]


def _from_the_leaves(tree: Clause) -> Iterable[Clause]:
    """Every clause after its parts."""
    found = []
    waiting = [tree]
    while waiting:
        clause = waiting.pop()
        found.append(clause)
        waiting.extend(_parts(clause))
    return reversed(found)


def _parts(clause: Clause) -> Iterable[Clause]:
    """What has to be worked out first. Level operators of a union's clauses are its own: one walk serves them all."""
    if isinstance(clause, AnyOf):
        return [one.operand if isinstance(one, WithLevels) else one for one in clause.operands]
    return operands_of(clause)


class _Evaluation:
    """Knows what is asked of the steps."""

    def __init__(self, steps: ScopedSteps, context: SelectionContext) -> None:
        self._steps = steps
        self._every = steps.keys
        self._names = StepNames(steps)
        self._context = context

    def of(self, clause: Clause, parts: list[Set[str]]) -> Set[str]:
        """What the clause picks, where its parts pick these."""
        match clause:
            case EveryStep():
                return self._every
            case StepName():
                return frozenset(self._names.named(clause))
            case NamePattern():
                return self._names.fitting(clause)
            case Attribute():
                return self._having(clause)
            case WithLevels():
                return self._with_levels((clause,), parts)
            case AnyOf():
                return self._with_levels(clause.operands, parts)
            case AllOf():
                smallest, *others = sorted(parts, key=len)
                return {key for key in smallest if all(key in other for other in others)}
            case Not():
                return self._every - parts[0]
            case Ends():
                return self._ends(clause.function, parts[0])

    def _having(self, clause: Attribute) -> Set[str]:
        match clause.kind:
            case AttributeKind.TAG:
                return {key for key in self._every if self._is_tagged(key, clause.value)}
            case AttributeKind.IN:
                return {key for key in self._every if key.startswith(f"{clause.value}.")}
            case AttributeKind.STATUS:
                statuses = self._context.statuses
                if statuses is None:
                    raise _needs_parent_run(clause)
                wanted = STATUS_WORDS[clause.value]
                return {key for key in self._every if statuses.get(key, StepStatus.PENDING) is wanted}
            case AttributeKind.IS:
                return self._judged(clause)

    def _is_tagged(self, key: str, asked: str) -> bool:
        tags = self._context.tags.get(step_name(key), {})
        return asked in tags or any(asked == f"{name}={value}" for name, value in tags.items())

    def _judged(self, clause: Attribute) -> Set[str]:
        context = self._context
        if context.statuses is None:
            raise _needs_parent_run(clause)
        judged = context.changed if clause.value == "changed" else context.stale
        if judged is None:
            raise refusal(f"Which steps are {clause.value} is not known here.", clause.place)
        return self._every & frozenset(judged())

    def _with_levels(self, operands: Iterable[Clause], parts: list[Set[str]]) -> Set[str]:
        """The union; one walk over the graph each way, however many level operators there are."""
        found: set[str] = set()
        upstream: dict[str, int] = {}
        downstream: dict[str, int] = {}
        for operand, keys in zip(operands, parts, strict=True):
            found |= keys
            if isinstance(operand, WithLevels):
                _add_levels(upstream, keys, operand.upstream)
                _add_levels(downstream, keys, operand.downstream)
        if upstream:
            found |= _reached(upstream, self._steps.graph.upstream, self._every)
        if downstream:
            found |= _reached(downstream, self._steps.graph.downstream, self._every)
        return found

    def _ends(self, function: Function, keys: Set[str]) -> Set[str]:
        """Those that no other of them leads to, on whatever way; or that lead to no other."""
        beyond: set[str] = set()
        roots = function is Function.ROOTS
        edges = self._steps.graph.upstream if roots else self._steps.graph.downstream
        for key in self._steps if roots else reversed(tuple(self._steps)):
            if any(near in keys or near in beyond for near in edges[key]):
                beyond.add(key)
        return keys - beyond


def _add_levels(levels: dict[str, int], keys: Set[str], count: int) -> None:
    if count:
        for key in keys:
            levels[key] = max(count, levels.get(key, 0))


def _reached(levels: Mapping[str, int], edges: Mapping[str, tuple[str, ...]], inside: Set[str]) -> Set[str]:
    """What the keys reach along the edges in at most the levels that each has, themselves included, without leaving
    what is inside.

    Level by level, the keys that have most first: what is met again has no more left than when it was met before.
    """
    starting: dict[int, list[str]] = {}
    for key, count in levels.items():
        starting.setdefault(count, []).append(key)
    fewest_last = sorted(starting)
    reached: set[str] = set()
    near: set[str] = set()
    left = 0
    while near or fewest_last:
        left = left - 1 if near else fewest_last[-1]
        if fewest_last and fewest_last[-1] == left:
            near.update(starting[fewest_last.pop()])
        near -= reached
        reached |= near
        near = {beyond for key in near for beyond in edges[key] if beyond in inside} if left else set()
    return reached


def _needs_parent_run(clause: Attribute) -> InvalidSelectionError:
    problem = f"'{clause.kind}:' needs a parent run: it asks what became of a step in the runs before."
    return refusal(problem, clause.place)
