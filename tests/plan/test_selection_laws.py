"""Laws of the selection language on drawn trees and texts: it reads what it writes, and picks what a slow look does."""

from __future__ import annotations

import fnmatch
from random import Random

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.plan.selection import select_steps
from dalsegno.plan.selection_context import SelectionContext
from dalsegno.plan.selection_parser import parse_selection
from dalsegno.plan.selection_tokens import written
from dalsegno.plan.selection_tree import (
    ALL_LEVELS,
    IS_WORDS,
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
    Place,
    StepName,
    WithLevels,
    operands_of,
)
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.step_keys import step_name
from tests.plan.selections import answer, draw, graph_of

NAMES = ("a", "b1", "7up", "3", "and", "h-1", "work[k1]", "inner.step", "étape", "two words")
TAGS = ({}, {"team": "ml"}, {"team": "data eng", "a=b": "c"})
# Each fits some step of any five of the names.
PATTERNS = ("*", "?*", "*?")
VALUES = {
    AttributeKind.STATUS: tuple(STATUS_WORDS),
    AttributeKind.IS: IS_WORDS,
    AttributeKind.TAG: ("team", "team=ml", "team=data eng", "a=b=c", "and", "3", "http://x"),
    AttributeKind.IN: ("inner", "inner.step", "or"),
}
NOWHERE = Place(text="", text_index=0, start=0, end=0)

drawn_at_random = given(st.integers(min_value=0, max_value=2**32).map(Random))


def graph_at_random(random: Random) -> nx.DiGraph:
    keys = random.sample(NAMES, 6)
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(keys)
    pairs = [(up, down) for number, up in enumerate(keys) for down in keys[number + 1 :]]
    graph.add_edges_from(random.sample(pairs, random.randrange(len(pairs))))
    return graph


def context_at_random(random: Random) -> SelectionContext:
    changed, stale = (set(random.sample(NAMES, 4)) for _ in range(2))
    return SelectionContext(
        tags={step_name(name): random.choice(TAGS) for name in NAMES},
        statuses={name: random.choice(tuple(StepStatus)) for name in random.sample(NAMES, 7)},
        changed=lambda: changed,
        stale=lambda: stale,
    )


def tree_at_random(random: Random, names: tuple[str, ...] = NAMES, depth: int = 3) -> Clause:
    """Any tree whose names are of these."""
    kind = random.randrange(4 if depth == 0 else 10)
    below = [tree_at_random(random, names, depth - 1) for _ in range(random.randint(2, 3))] if kind > 3 else []
    match kind:
        case 0:
            return EveryStep(place=NOWHERE)
        case 1:
            return StepName(key=random.choice(names), place=NOWHERE)
        case 2:
            return NamePattern(pattern=random.choice(PATTERNS), place=NOWHERE)
        case 3:
            attribute = random.choice(tuple(AttributeKind))
            return Attribute(kind=attribute, value=random.choice(VALUES[attribute]), place=NOWHERE)
        case 4 | 5:
            levels = random.choice([(0, 1), (2, 0), (1, 3), (ALL_LEVELS, 0), (0, ALL_LEVELS), (2, ALL_LEVELS)])
            return WithLevels(operand=below[0], upstream=levels[0], downstream=levels[1], place=NOWHERE)
        case 6:
            return Ends(function=random.choice(tuple(Function)), operand=below[0], place=NOWHERE)
        case 7:
            return Not(operand=below[0], place=NOWHERE)
        case 8:
            return AllOf(operands=tuple(below), place=NOWHERE)
        case _:
            return AnyOf(operands=tuple(below), place=NOWHERE)


def text_of(clause: Clause, random: Random) -> str:
    """One of the texts that mean the tree."""
    blank = random.choice([" ", "\n", "  ", "\u00a0"])
    match clause:
        case EveryStep():
            return "*"
        case StepName(key=key):
            return random.choice([f'"{key}"', written(key)])
        case NamePattern(pattern=pattern):
            return random.choice([f'name:"{pattern}"', f"name:{pattern}"])
        case Attribute(kind=kind, value=value):
            return f'{kind}:"{value}"' if set(value) & set(": ") else f"{kind}:{value}"
        case WithLevels(operand=operand, upstream=upstream, downstream=downstream):
            before = _operator(upstream, f"{upstream}+", random)
            behind = _operator(downstream, f"+{downstream}", random)
            return f"{before}{_in_parentheses(operand, random, unless=(StepName, Attribute, Ends))}{behind}"
        case Ends(function=function, operand=operand):
            return f"{function}({text_of(operand, random)})"
        case Not(operand=operand):
            return f"not{blank}{_in_parentheses(operand, random, unless=TIGHT)}"
        case AllOf(operands=operands):
            return f"{blank}and{blank}".join(_in_parentheses(one, random, unless=TIGHT) for one in operands)
        case AnyOf(operands=operands):
            separator = random.choice([f"{blank}or ", ",", f"{blank},", blank])
            return separator.join(_in_parentheses(one, random, unless=(*TIGHT, AllOf)) for one in operands)


TIGHT = (StepName, NamePattern, Attribute, Ends, WithLevels, Not)


def _in_parentheses(clause: Clause, random: Random, unless: tuple[type, ...]) -> str:
    """In parentheses where it would be read otherwise without, and sometimes where not."""
    if isinstance(clause, StepName) and clause.key.isdigit():
        # A name of digits could be read as a number of levels.
        return f'"{clause.key}"'
    text = text_of(clause, random)
    return text if isinstance(clause, unless) and random.random() < 0.9 else f"({text})"


def _operator(levels: int, number: str, random: Random) -> str:
    return random.choice(["*", "+*", "*+", "++*", "+*+"] if levels == ALL_LEVELS else ["+" * levels, number])


def placeless(clause: Clause) -> object:
    """What the tree says, without where."""
    said = {
        name: getattr(clause, name) for name in clause.__struct_fields__ if name not in ("place", "operand", "operands")
    }
    return type(clause).__name__, sorted(said.items()), [placeless(one) for one in operands_of(clause)]


def looked_up(clause: Clause, graph: nx.DiGraph, context: SelectionContext) -> set[str]:
    """What the tree picks, by the words of the language's description."""
    below = [looked_up(one, graph, context) for one in operands_of(clause)]
    match clause:
        case EveryStep():
            return set(graph)
        case StepName(key=key):
            return {key}
        case NamePattern(pattern=pattern):
            return {key for key in graph if fnmatch.fnmatchcase(key, pattern)}
        case Attribute(kind=AttributeKind.STATUS, value=value):
            wanted = StepStatus.FAILURE if value == "failed" else StepStatus(value.upper())
            return {key for key in graph if (context.statuses or {}).get(key, StepStatus.PENDING) == wanted}
        case Attribute(kind=AttributeKind.IS, value=value):
            judged = context.changed if value == "changed" else context.stale
            assert judged is not None
            return set(graph) & set(judged())
        case Attribute(kind=AttributeKind.TAG, value=value):
            pairs = {key: context.tags.get(step_name(key), {}).items() for key in graph}
            return {key for key in graph if any(value in (name, f"{name}={said}") for name, said in pairs[key])}
        case Attribute(kind=AttributeKind.IN, value=value):
            return {key for key in graph if key.split(".")[: value.count(".") + 1] == value.split(".") and key != value}
        case WithLevels(upstream=upstream, downstream=downstream):
            up, down = graph.reverse(), graph
            return {
                near
                for key in below[0]
                for way, levels in ((up, upstream), (down, downstream))
                for near in nx.single_source_shortest_path_length(way, key, cutoff=levels)
            }
        case Ends(function=function):
            led_to = nx.ancestors if function is Function.ROOTS else nx.descendants
            return {key for key in below[0] if not led_to(graph, key) & below[0]}
        case Not():
            return set(graph) - below[0]
        case AllOf():
            return set.intersection(*below)
        case _:
            return set.union(*below)


@drawn_at_random
def test_a_tree_that_is_written_is_read_as_the_same_tree(random):
    tree = tree_at_random(random)
    text = text_of(tree, random)
    assert placeless(parse_selection([text])) == placeless(tree), text


@drawn_at_random
def test_a_selection_picks_what_a_slow_look_at_the_graph_picks(random):
    graph, context = graph_at_random(random), context_at_random(random)
    tree = tree_at_random(random, tuple(graph))
    expected = looked_up(tree, graph, context)
    text = text_of(tree, random)
    steps = graph_of(graph)
    assert select_steps(text, steps, context) == tuple(key for key in steps if key in expected), text


@drawn_at_random
def test_every_clause_knows_its_place(random):
    text = text_of(tree_at_random(random), random)
    for clause in _all_of(parse_selection(["a", text])):
        place = clause.place
        part = place.text[place.start : place.end]
        assert part
        if place.text_index == 1 and isinstance(clause, StepName | NamePattern | Attribute | WithLevels | Ends):
            assert placeless(parse_selection([part])) == placeless(clause)
            assert part in place.clause


def _all_of(tree: Clause) -> list[Clause]:
    return [tree, *(below for one in operands_of(tree) for below in _all_of(one))]


@drawn_at_random
def test_a_union_is_the_union_in_any_order_and_form(random):
    graph, context = graph_at_random(random), context_at_random(random)
    steps = graph_of(graph)
    names = [StepName(key=random.choice(tuple(graph)), place=NOWHERE) for _ in range(random.randint(1, 5))]
    clauses = [WithLevels(operand=one, upstream=random.randrange(3), downstream=1, place=NOWHERE) for one in names]
    expected = set().union(*(looked_up(one, graph, context) for one in clauses))
    texts = [text_of(one, random) for one in clauses]
    for selection in (texts, texts[::-1] + texts, random.choice([",", " ", " ,\n", " or ", "\u00a0"]).join(texts)):
        assert select_steps(selection, steps, context) == tuple(key for key in steps if key in expected)


@given(st.sampled_from(NAMES), st.integers(min_value=0, max_value=12))
def test_a_number_of_levels_is_as_many_plus_signs(key, count):
    graph = graph_of(nx.path_graph(NAMES, create_using=nx.DiGraph))
    plus = "+" * count
    name = f'"{key}"'
    assert select_steps(f"{name}+{count}", graph) == select_steps(name + plus, graph)
    assert select_steps(f"{count}+{name}", graph) == select_steps(plus + name, graph)


PARTS = ("a", "b", "3", "+", "*", '"', "(", ")", ":", " ", ",", "\n", "\u00a0", "[", "]", "?", "=", ".")
WORDS = ("and", "or", "not", " and ", " or ", " not ", "name:", "status:", "failed", "is:", "tag:", "in:", "roots(")


@given(st.lists(st.sampled_from(PARTS + WORDS), max_size=14).map("".join))
def test_every_text_resolves_or_is_refused_with_a_position_inside_it(text):
    _check_answer(text)


@given(st.text())
def test_so_does_any_text_at_all(text):
    _check_answer(text)


def _check_answer(text: str) -> None:
    graph = draw("a -> b -> 3")
    found, error = answer(text, graph)
    assert set(found) <= set(graph)
    if error is not None:
        assert found == ()
        assert 0 <= error.start <= error.end <= len(text)
        assert error.clause in text
        for suggestion in error.suggestions:
            if set(suggestion) & set("+*"):
                parse_selection([suggestion])
