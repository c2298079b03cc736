"""The selection language: what each clause picks, and where and how a text is refused."""

from __future__ import annotations

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dalsegno.errors import InvalidSelectionError
from dalsegno.plan.selection import normalise_texts, resolve_selection
from dalsegno.plan.selection_parser import parse_selection, written
from dalsegno.snapshot.step_graph import StepGraph


def draw(text: str) -> StepGraph:
    """`a -> b -> c; b -> d` as a graph; steps in topological order, alone or in arrows."""
    drawn: nx.DiGraph[str] = nx.DiGraph()
    for chain in text.split(";"):
        nx.add_path(drawn, chain.replace(" ", "").split("->"))
    return graph_of(drawn)


def graph_of(drawn: nx.DiGraph) -> StepGraph:
    return StepGraph({key: tuple(drawn.predecessors(key)) for key in nx.lexicographical_topological_sort(drawn)})


def picked(selection: object, graph: StepGraph) -> str:
    return " ".join(resolve_selection(selection, graph))


def refused(selection: object, graph: StepGraph, everything: StepGraph | None = None) -> InvalidSelectionError:
    with pytest.raises(InvalidSelectionError) as caught:
        resolve_selection(selection, graph, everything=everything)
    return caught.value


def answer(text: str, graph: StepGraph) -> tuple[tuple[str, ...], InvalidSelectionError | None]:
    try:
        return resolve_selection(text, graph), None
    except InvalidSelectionError as error:
        return (), error


CHAIN = draw("a -> b -> c -> d -> e -> f")
LADDER = draw("a -> b -> d -> e; a -> c -> d; b -> e; x -> y")


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        pytest.param("c", "c", id="a name is that step"),
        pytest.param("c+", "c d", id="one plus behind: one level downstream"),
        pytest.param("c++", "c d e", id="two plus behind: two levels"),
        pytest.param("c+2", "c d e", id="plus and a number: that many levels"),
        pytest.param("c+0", "c", id="no level"),
        pytest.param("c+99999999999999999999", "c d e f", id="more levels than there are"),
        pytest.param("c*", "c d e f", id="star behind: everything downstream"),
        pytest.param("c+*", "c d e f", id="plus and star behind"),
        pytest.param("c*+", "c d e f", id="star and plus behind"),
        pytest.param("+c", "b c", id="one plus before: one level upstream"),
        pytest.param("++c", "a b c", id="two plus before"),
        pytest.param("1+c", "b c", id="a number and plus before"),
        pytest.param("002+d", "b c d", id="a number with zeros before it"),
        pytest.param("*c", "a b c", id="star before: everything upstream"),
        pytest.param("*+c", "a b c", id="star and plus before"),
        pytest.param("+*c", "a b c", id="plus and star before"),
        pytest.param("+c+", "b c d", id="both sides"),
        pytest.param("1+d+2", "c d e f", id="numbers on both sides"),
        pytest.param("*c+", "a b c d", id="each side by itself"),
        pytest.param("*", "a b c d e f", id="star alone is everything"),
        pytest.param(" *\n", "a b c d e f", id="star alone among blanks"),
        pytest.param("f a", "a f", id="a blank is a union"),
        pytest.param("a,f", "a f", id="a comma is a union"),
        pytest.param(" a ,\tf, ", "a f", id="blanks and commas in any number"),
        pytest.param("a\u00a0f\u3000c\n+b", "a b c f", id="every blank of Unicode"),
        pytest.param(["a", "e+"], "a e f", id="a list is a union"),
        pytest.param(("e+", "*", "a"), "a b c d e f", id="star is the whole of one text of a list"),
        pytest.param("a a+ a", "a b", id="a step named twice"),
    ],
)
def test_a_clause_picks_what_the_language_says(selection, expected):
    assert picked(selection, CHAIN) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("b+", "b d e"),
        ("+e", "b d e"),
        ("++e", "a b c d e"),
        ("a++", "a b c d e"),
        ("a+1", "a b c"),
        ("*d*", "a b c d e"),
        ("x*", "x y"),
        ("*y b", "b x y"),
    ],
)
def test_levels_are_counted_by_the_shortest_way(selection, expected):
    assert picked(selection, LADDER) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        ("work[k1]", ["work[k1]"]),
        ("work[?]+", ["work[?]", "sum"]),
        ("inner.step*", ["inner.step", "h-1"]),
        ("h-1", ["h-1"]),
        ("7up", ["7up"]),
        ("7+7up", ["7up"]),
        ("3+s/t", ["s/t"]),
        ("3", ["3"]),
        ("3+ 3*", ["3"]),
        ('"3"+1 1+"3"', ["3"]),
        ("étape 名前*", ["étape", "名前"]),
        ('"and"', ["and"]),
        ('*"inner.step"+', ["inner.step", "h-1"]),
        ('"one, two"', ["one, two"]),
    ],
)
def test_any_name_can_be_written(selection, expected):
    keys = "work[k1];work[?] -> sum;inner.step -> h-1;7up;s/t;3;étape;名前;and"
    graph = StepGraph({**draw(keys).upstream, "one, two": ()})
    assert sorted(resolve_selection(selection, graph)) == sorted(expected)


def test_names_are_case_sensitive_and_exact():
    graph = draw("load -> Load -> load_2")
    assert picked("load", graph) == "load"
    assert picked("Load", graph) == "Load"
    assert refused("LOAD", graph).suggestions == ("load", "Load", "load_2")


@pytest.mark.parametrize(
    ("selection", "part", "suggestions"),
    [
        pytest.param("c *", "*", ("c*",), id="star apart behind"),
        pytest.param("+ c", "+", ("+c",), id="plus apart before"),
        pytest.param("b + d", "+", ("b+", "+d"), id="plus apart from both"),
        pytest.param("b\u00a0++", "++", ("b++",), id="apart by a blank of Unicode"),
        pytest.param("b+ *", "*", ("b+*",), id="two operators apart"),
        pytest.param("b+ 3", "3", ("b+3",), id="number apart from its plus"),
        pytest.param("b +3", "3", ("b+3",), id="plus and number apart"),
        pytest.param("3+ b", "3", ("3+b",), id="number and plus apart before"),
        pytest.param("3 +b", "3", ("3+b",), id="number apart before"),
        pytest.param("b*+ *", "*", (), id="apart, and joined it would not parse"),
        pytest.param("b, *", "*", (), id="star that is not the whole text"),
        pytest.param("+", "+", (), id="plus alone"),
        pytest.param("*+", "*+", (), id="star and plus alone"),
        pytest.param("**", "**", (), id="two stars alone"),
        pytest.param("**c", "**", ("*c",), id="two stars before"),
        pytest.param("b c**", "**", ("c*",), id="two stars behind"),
        pytest.param("*+*c", "*+*", ("*c",), id="two stars around a plus"),
        pytest.param("a+b", "+", ("a+ b", "a +b"), id="plus inside"),
        pytest.param("a*b", "*", ("a* b", "a *b"), id="star inside"),
        pytest.param("c 2*b", "*", ("2* b", "2 *b"), id="a number takes a plus"),
        pytest.param("3++c", "++", ("3++ c", "3 ++c"), id="a number takes one plus"),
        pytest.param("b++3", "++", ("b++ 3", "b ++3"), id="one plus takes a number behind"),
        pytest.param("b*3", "*", ("b* 3", "b *3"), id="a star takes no number"),
        pytest.param("a+3b", "+", ("a+ 3b", "a +3b"), id="number that is a name"),
        pytest.param("a+3+", "+", (), id="operator after a number"),
        pytest.param("a+3*", "*", (), id="star after a number"),
        pytest.param('a"b"', '"b"', (), id="two names without separator"),
        pytest.param('c "a', '"a', (), id="open quote"),
        pytest.param('a"b', '"b', (), id="open quote behind a name"),
        pytest.param("b status:failed*", "status:failed*", (), id="attribute"),
        pytest.param("name:c", "name:c", (), id="name attribute"),
        pytest.param("b+:", "b+:", (), id="colon"),
        pytest.param(":b", ":b", (), id="colon first"),
        pytest.param("roots(b)", "roots(b)", (), id="function"),
        pytest.param("(a b)", "(a", (), id="open parenthesis"),
        pytest.param("a b)", "b)", (), id="closing parenthesis"),
        pytest.param("a and b", "and", (), id="and"),
        pytest.param("not a", "not", (), id="not"),
        pytest.param("a +or", "or", (), id="or with an operator"),
        pytest.param("nope", "nope", (), id="unknown name"),
        pytest.param("a,*A1+", "A1", ("a",), id="unknown name with operators"),
        pytest.param('a "A1"+', '"A1"', ("a",), id="unknown name in quotes"),
        pytest.param('a ""', '""', (), id="empty name"),
        pytest.param("[c]", "[c]", (), id="unknown name with brackets"),
        pytest.param("\u2217c", "\u2217c", ("c",), id="what only looks like a star"),
        pytest.param(" \t", " \t", (), id="blank text"),
        pytest.param(",", ",", (), id="comma alone"),
        pytest.param("", "", (), id="empty text"),
    ],
)
def test_a_refusal_names_the_part_and_what_may_be_meant(selection, part, suggestions):
    for texts, index in ((selection, 0), (["a", "b+", selection], 2)):
        error = refused(texts, CHAIN)
        assert selection[error.start : error.end] == part
        assert error.start == selection.rindex(part)
        assert error.suggestions == suggestions
        assert error.text_index == index
        assert part in error.clause or error.suggestions
        assert all(suggestion in str(error) for suggestion in suggestions)


def test_what_is_suggested_for_an_operator_parses():
    for text in ("c *", "+ c", "b + d", "b+ 3", "**c", "a+b", "a*b", "a+3b"):
        for suggestion in refused(text, CHAIN).suggestions:
            parse_selection([suggestion])


def test_positions_count_code_points():
    error = refused("a 🎼+ b", draw("a -> b"))
    assert (error.start, error.end, error.clause) == (2, 3, "🎼+")


def test_a_suggested_name_is_written_as_the_language_needs_it():
    graph = StepGraph({"and": (), "two words": (), "plain": ()})
    assert refused('"And"', graph).suggestions == ('"and"',)
    assert refused("two_words", graph).suggestions == ('"two words"',)
    assert refused("plan", graph).suggestions == ("plain",)


@pytest.mark.parametrize(
    ("selection", "index"),
    [
        (None, 0),
        ([], 0),
        ((), 0),
        ({"c": True}, 0),
        ({"c"}, 0),
        (b"c", 0),
        (7, 0),
        ([None], 0),
        (["c", ["c"]], 1),
        (["c", b"c"], 1),
        (range(2), 0),
    ],
    ids=repr,
)
def test_what_is_no_list_of_texts_is_refused(selection, index):
    error = refused(selection, CHAIN)
    assert (error.text_index, error.start, error.end) == (index, 0, 0)
    assert "text" in error.message or "['*'] picks every step" in error.message


def test_texts_are_kept_as_given():
    assert normalise_texts(" a+ , b") == (" a+ , b",)
    assert normalise_texts(["a+", " b "]) == ("a+", " b ")


def test_operators_stop_at_the_edge_of_the_scope():
    whole = draw("a -> b -> c -> d")
    scope = whole.within(["a", "b", "d"])
    assert resolve_selection("a*", scope, everything=whole) == ("a", "b")
    assert resolve_selection("*", scope, everything=whole) == ("a", "b", "d")


def test_a_step_outside_the_scope_is_told_from_one_that_does_not_exist():
    whole = draw("a -> b -> c -> d")
    scope = whole.within(["a", "b"])
    outside = refused("a +c", scope, whole)
    assert "outside the run group's scope" in outside.message
    assert (outside.start, outside.end, outside.suggestions) == (3, 4, ())
    assert "No step is named 'e'" in refused("e", scope, whole).message


def test_nothing_never_means_everything():
    assert "picks no step" in refused("*", StepGraph({})).message


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a " * 50_000, id="many clauses"),
        pytest.param("a+" * 50_000, id="many operators inside"),
        pytest.param("+" * 100_000, id="many plus signs"),
        pytest.param("*" * 100_000 + "a", id="many stars"),
        pytest.param("(" * 100_000, id="many parentheses"),
        pytest.param('"' * 100_001, id="many quotes"),
        pytest.param("3 " * 50_000, id="many numbers"),
        pytest.param("a+" + "9" * 100_000, id="a long number"),
        pytest.param("9" * 5_000 + "+a", id="a number too long for int()"),
        pytest.param("x" * 100_000, id="a long name"),
        pytest.param("a" + " " * 100_000 + "*", id="many blanks"),
    ],
)
def test_a_long_text_is_read_or_refused(text):
    found, error = answer(text, CHAIN)
    assert "a" in found or (error is not None and len(error.problem) < 400)


def test_many_clauses_over_a_long_chain_are_one_pass():
    keys = [f"s{number}" for number in range(3_000)]
    chain = StepGraph({key: tuple(keys[max(number - 1, 0) : number]) for number, key in enumerate(keys)})
    assert resolve_selection(",".join(f"*{key}+7" for key in keys), chain) == tuple(keys)


NAMES = ("a", "b1", "7up", "3", "and", "h-1", "work[k1]", "inner.step", "étape", "two words")


@st.composite
def graphs(draw_value: st.DrawFn) -> nx.DiGraph:
    keys = draw_value(st.permutations(NAMES).map(lambda names: names[:7]))
    drawn: nx.DiGraph[str] = nx.DiGraph()
    drawn.add_nodes_from(keys)
    pairs = [(up, down) for number, up in enumerate(keys) for down in keys[number + 1 :]]
    drawn.add_edges_from(draw_value(st.lists(st.sampled_from(pairs), unique=True)))
    return drawn


@st.composite
def clauses(draw_value: st.DrawFn, graph: nx.DiGraph) -> tuple[str, set[str]]:
    """A clause, and what it picks by networkx."""
    key = draw_value(st.sampled_from(sorted(graph)))
    levels = st.one_of(st.none(), st.integers(min_value=0, max_value=4))
    upstream, downstream = draw_value(levels), draw_value(levels)
    before = side(draw_value, upstream, number=lambda count: f"{count}+")
    behind = side(draw_value, downstream, number=lambda count: f"+{count}")
    near = nx.single_source_shortest_path_length
    reached = {*near(graph.reverse(), key, cutoff=upstream), *near(graph, key, cutoff=downstream)}
    # A name of digits could be read as a number of levels.
    name = f'"{key}"' if key.isdigit() else written(key)
    return f"{before}{name}{behind}", reached


def side(draw_value, levels, number):
    if levels is None:
        return draw_value(st.sampled_from(["*", "+*", "*+", "++*", "+*+"]))
    return draw_value(st.sampled_from(["+" * levels, number(levels)]))


@given(st.data())
def test_a_clause_picks_what_networkx_reaches(data):
    graph = data.draw(graphs())
    clause, reached = data.draw(clauses(graph))
    assert set(resolve_selection(clause, graph_of(graph))) == reached


@given(st.data())
def test_a_union_is_the_union_in_any_order_and_form(data):
    graph = data.draw(graphs())
    chosen = data.draw(st.lists(clauses(graph), min_size=1, max_size=5))
    texts = [text for text, _ in chosen]
    separator = data.draw(st.sampled_from([",", " ", " ,\n", "\u00a0"]))
    steps = graph_of(graph)
    expected = tuple(key for key in steps if any(key in reached for _, reached in chosen))
    assert resolve_selection(texts, steps) == expected
    assert resolve_selection(data.draw(st.permutations(texts)), steps) == expected
    assert resolve_selection(separator.join(texts), steps) == expected
    assert resolve_selection([*texts, *texts], steps) == expected


@given(st.sampled_from(NAMES), st.integers(min_value=0, max_value=12))
def test_a_number_of_levels_is_as_many_plus_signs(key, count):
    graph = graph_of(nx.path_graph(NAMES, create_using=nx.DiGraph))
    plus = "+" * count
    name = f'"{key}"'
    assert resolve_selection(f"{name}+{count}", graph) == resolve_selection(name + plus, graph)
    assert resolve_selection(f"{count}+{name}", graph) == resolve_selection(plus + name, graph)


@given(st.text(alphabet='ab3+*"(): ,\n\u00a0[]', max_size=12))
def test_every_text_resolves_or_is_refused_with_a_position_inside_it(text):
    graph = draw("a -> b -> 3")
    found, error = answer(text, graph)
    assert set(found) <= set(graph)
    if error is None:
        assert found
    else:
        assert 0 <= error.start <= error.end <= len(text)
        assert error.clause in text
        for suggestion in error.suggestions:
            if set(suggestion) & set("+*"):
                parse_selection([suggestion])
