"""Where and how a selection is refused: each text with the offending part marked below it."""

from __future__ import annotations

import pytest

from dalsegno.plan.selection import resolve_selection
from dalsegno.plan.selection_context import SelectionContext
from dalsegno.plan.selection_parser import parse_selection
from dalsegno.snapshot.step_graph import StepGraph
from tests.plan.selections import answer, draw, marked, picked, refused

CHAIN = draw("a -> b -> c -> d -> e -> f")

APART = "apart from its step"
INSIDE = "stands inside the clause"
SEPARATE = "separate clauses by ',' or a blank"
LEVEL = "is no level operator"
LONE_STAR = "'*' is every step only as the whole text"
NO_STEP = "No step is named"


@pytest.mark.parametrize(
    ("text", "marks", "said", "suggestions"),
    [
        # Operators apart from their step.
        ("c *",
         "  ^", LONE_STAR, ["c*"]),
        ("+ c",
         "^", APART, ["+c"]),
        ("b + d",
         "  ^", APART, ["b+", "+d"]),
        ("b\u00a0++",
         "  ^^", APART, ["b++"]),
        ("b+ *",
         "   ^", LONE_STAR, ["b+*"]),
        ("b+ 3",
         "   ^", NO_STEP, ["b+3"]),
        ("b +3",
         "   ^", NO_STEP, ["b+3"]),
        ("3+ b",
         "^", NO_STEP, ["3+b"]),
        ("3 +b",
         "^", NO_STEP, ["3+b"]),
        ("b*+ *",
         "    ^", LONE_STAR, []),
        ("(a or b) *",
         "         ^", LONE_STAR, ["(a or b)*"]),
        ("+ (a or b)",
         "^", APART, ["+(a or b)"]),
        ("2+(a b) +",
         "        ^", APART, ["2+(a b)+"]),
        ("(a or b) +3",
         "          ^", NO_STEP, ["(a or b)+3"]),
        ("3 +roots(a b)",
         "^", NO_STEP, ["3+roots(a b)"]),
        ("status:failed *",
         "              ^", LONE_STAR, ["status:failed*"]),
        ("+ tag:x",
         "^", APART, ["+tag:x"]),
        ("name:a *",
         "       ^", LONE_STAR, ['name:"a"*']),
        ("name:a +",
         "       ^", APART, ["name:a+"]),
        ("(a *)",
         "   ^", LONE_STAR, ["a*"]),
        ("(* a)",
         " ^", LONE_STAR, ["*a"]),
        ("a and + b",
         "      ^", APART, ["+b"]),
        ("a and * b",
         "      ^", LONE_STAR, ["*b"]),
        ("* not a",
         "^", LONE_STAR, []),
        ("b, *",
         "   ^", LONE_STAR, []),
        ("*, b",
         "^", LONE_STAR, []),
        # Operators that mean nothing.
        ("+",
         "^", APART, []),
        ("*+",
         "^^", APART, []),
        ("**",
         "^^", APART, []),
        ("**c",
         "^^", LEVEL, ["*c"]),
        ("b c**",
         "   ^^", LEVEL, ["c*"]),
        ("*+*c",
         "^^^", LEVEL, ["*c"]),
        ("(a b)**",
         "     ^^", LEVEL, ["(a b)*"]),
        ("**tag:x",
         "^^", LEVEL, ["*tag:x"]),
        ("a+b",
         " ^", INSIDE, ["a+ b", "a +b"]),
        ("a*b",
         " ^", INSIDE, ["a* b", "a *b"]),
        ("c 2*b",
         "   ^", INSIDE, ["2* b", "2 *b"]),
        ("3++c",
         " ^^", INSIDE, ["3++ c", "3 ++c"]),
        ("b++3",
         " ^^", INSIDE, ["b++ 3", "b ++3"]),
        ("b*3",
         " ^", INSIDE, ["b* 3", "b *3"]),
        ("a+3b",
         " ^", INSIDE, ["a+ 3b", "a +3b"]),
        ("a+3+",
         "   ^", SEPARATE, []),
        ("a+3*",
         "   ^", SEPARATE, []),
        ("work[*]",
         "     ^", INSIDE, ["work[* ]", "work[ *]"]),
        ("(a)*(b)",
         "   ^", INSIDE, ["(a)* (b)", "(a) *(b)"]),
        ("tag:x+a",
         "     ^", INSIDE, ["tag:x+ a", "tag:x +a"]),
        # Quotes, parentheses and signs.
        ('a"b"',
         " ^^^", SEPARATE, []),
        ("(a)b",
         "   ^", SEPARATE, []),
        ("(a)(b)",
         "   ^", SEPARATE, []),
        ("a+3(b)",
         "   ^", SEPARATE, []),
        ('c "a',
         "  ^^", "quote that opens here is not closed", []),
        ('a"b',
         " ^^", "quote that opens here is not closed", []),
        ('tag:"x',
         "    ^^", "quote that opens here is not closed", []),
        ("(a b",
         "^", "parenthesis that opens here is not closed", []),
        ("a (b, (c)",
         "  ^", "parenthesis that opens here is not closed", []),
        ("a b)",
         "   ^", "no open parenthesis to close", []),
        ("a ()",
         "  ^^", "Parentheses around nothing", []),
        ("roots( , )+",
         "     ^^^^^", "Parentheses around nothing", []),
        ("a (b:)",
         "   ^^", "is not known; clauses by attribute begin with", []),
        ("b+:",
         "^^^", "':' has no meaning here", []),
        (":b",
         "^^", "':' has no meaning here", []),
        ("(:b)",
         " ^^", "':' has no meaning here", []),
        # Words of the language.
        ("a and",
         "  ^^^", "clause is missing behind 'and'", []),
        ("a or, b",
         "  ^^", "clause is missing behind 'or'", []),
        ("(not) a",
         " ^^^", "clause is missing behind 'not'", []),
        ("and",
         "^^^", "stands between two clauses", []),
        ("a, or b",
         "   ^^", "stands between two clauses", []),
        ("a and or b",
         "      ^^", "stands between two clauses", []),
        ("not and a",
         "    ^^^", "stands between two clauses", []),
        ("(and a)",
         " ^^^", "stands between two clauses", []),
        ("a +or",
         "   ^^", "not at the word 'or'", []),
        ("+not a",
         " ^^^", "not at the word 'not'", []),
        ("a AND b",
         "  ^^^", NO_STEP, ["and"]),
        # Attributes and functions.
        ("stauts:failed*",
         "^^^^^^^^^^^^^^", "is not known; clauses by attribute begin with", ["status:failed*"]),
        ("a key:c",
         "  ^^^^^", "one of name:, status:, is:, tag:, in:", []),
        ("status:faild",
         "^^^^^^^^^^^^", "it knows success, failed", ["status:failed"]),
        ("+status:FAILED",
         " ^^^^^^^^^^^^^", "knows no 'FAILED'", ["status:failed"]),
        ("is:new",
         "^^^^^^", "it knows changed, stale", []),
        ("status:",
         "^^^^^^^", "takes a value right behind it", []),
        ("status: failed+",
         "^^^^^^^", "takes a value right behind it", ["status:failed+"]),
        ("tag:*",
         "^^^^", "takes a value right behind it", []),
        ("name:+",
         "^^^^^", "takes a value right behind it", []),
        ("a tag:url=http://x",
         "  ^^^^^^^^^^^^^^^^", "written in quotes", ['tag:"url=http://x"']),
        ("in:a:b",
         "^^^^^^", "written in quotes", ['in:"a:b"']),
        ("root(a)",
         "^^^^", "roots( ) and sinks( ) can", ["roots"]),
        ("a(b)",
         "^", "roots( ) and sinks( ) can", []),
        ("status:failed",
         "^^^^^^^^^^^^^", "'status:' needs a parent run", []),
        ("a and not is:stale*",
         "          ^^^^^^^^", "'is:' needs a parent run", []),
        # Names.
        ("nope",
         "^^^^", NO_STEP, []),
        ("a,*A1+",
         "   ^^", NO_STEP, ["a"]),
        ('a "A1"+',
         "  ^^^^", NO_STEP, ["a"]),
        ("a and (b or nope)",
         "            ^^^^", NO_STEP, []),
        ('a ""',
         "  ^^", NO_STEP, []),
        ("[c]",
         "^^^", NO_STEP, []),
        ("c?",
         "^^", NO_STEP, ["c"]),
        ("\u2217c",
         "^^", NO_STEP, ["c"]),
        ("name:aa*",
         "^^^^^^^^", "No step's name fits 'aa*'", ["a"]),
        ('+name:"x?"*',
         " ^^^^^^^^^", "No step's name fits 'x?'", []),
        ("name:[ab]",
         "^^^^^^^^^", "No step's name fits", []),
        # Nothing.
        (" \t",
         "^^", "without a clause", []),
        (",",
         "^", "without a clause", []),
        ("",
         "", "without a clause", []),
    ],
)  # fmt: skip
def test_a_refusal_marks_the_part_and_says_what_may_be_meant(text, marks, said, suggestions):
    for texts, index in ((text, 0), (["a", "b+", text], 2)):
        error = refused(texts, CHAIN)
        assert marked(text, error).rstrip() == marks
        assert said in error.message
        assert list(error.suggestions) == suggestions
        assert error.text_index == index
        assert error.clause in text
        assert text[error.start : error.end] in error.clause
        assert all(suggestion in str(error) for suggestion in suggestions)


def test_every_status_is_listed():
    assert "success, failed, failure, skipped, blocked, canceled, pending, running, retrying" in str(
        refused("status:done", CHAIN)
    )


def test_what_is_not_known_of_the_steps_is_said():
    context = SelectionContext(statuses={})
    assert "Which steps are stale is not known here" in refused("is:stale", CHAIN, context).message


def test_positions_count_code_points():
    error = refused("a 🎼+ b", draw("a -> b"))
    assert (error.start, error.end, error.clause) == (2, 3, "🎼+")


def test_a_suggested_name_is_written_as_the_language_needs_it():
    graph = StepGraph({"and": (), "two words": (), "plain": ()})
    assert refused('"And"', graph).suggestions == ('"and"',)
    assert refused("two_words", graph).suggestions == ('"two words"',)
    assert refused("plan", graph).suggestions == ("plain",)
    assert refused("name:plan*", graph).suggestions == ("plain",)


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


def test_a_step_outside_the_scope_is_told_from_one_that_does_not_exist():
    whole = draw("a -> b -> c -> d")
    scope = SelectionContext(scope=["a", "b"])
    outside = refused("a +c", whole, scope)
    assert "outside the run group's scope" in outside.message
    assert (outside.start, outside.end, outside.suggestions) == (3, 4, ())
    assert "No step is named 'e'" in refused("e", whole, scope).message
    assert "Only steps outside the run group's scope fit 'c*'" in refused("name:c*", whole, scope).message
    assert picked("in:c or a", whole, scope) == "a"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a " * 50_000, id="many clauses"),
        pytest.param("a+" * 50_000, id="many operators inside"),
        pytest.param("+" * 100_000, id="many plus signs"),
        pytest.param("*" * 100_000 + "a", id="many stars"),
        pytest.param("(" * 100_000, id="many parentheses"),
        pytest.param(")" * 100_000, id="many parentheses that close nothing"),
        pytest.param("(" * 50_000 + "a" + ")" * 50_000, id="a deep clause"),
        pytest.param("(" * 30_000 + "a" + ")+" * 30_000, id="deep levels"),
        pytest.param("roots(" * 15_000 + "a" + ")" * 15_000, id="deep functions"),
        pytest.param("+ (" * 30_000, id="many operators apart from parentheses"),
        pytest.param("3 (" * 30_000 + "a" + ")" * 30_000, id="many numbers apart from parentheses"),
        pytest.param("not " * 25_000 + "a", id="many negations"),
        pytest.param("a and " * 20_000 + "a", id="many that are joined"),
        pytest.param("a or " * 20_000 + "a", id="many alternatives"),
        pytest.param("and " * 25_000, id="many words"),
        pytest.param("a and (b or " * 10_000, id="open at the end"),
        pytest.param("tag:" * 25_000, id="many labels"),
        pytest.param('tag:"x"' * 15_000, id="many values"),
        pytest.param("name:" + "a*" * 50_000, id="a long pattern"),
        pytest.param("name:" + "*" * 100_000, id="a long wildcard"),
        pytest.param("status:" + "x" * 100_000, id="a long value"),
        pytest.param('"' * 100_001, id="many quotes"),
        pytest.param("3 " * 50_000, id="many numbers"),
        pytest.param("a+" + "9" * 100_000, id="a long number"),
        pytest.param("9" * 5_000 + "+a", id="a number too long for int()"),
        pytest.param("9" * 100_000 + "+", id="a long number that is a name"),
        pytest.param("x" * 100_000, id="a long name"),
        pytest.param("a" + " " * 100_000 + "*", id="many blanks"),
    ],
)
@pytest.mark.timeout(20)
def test_a_long_text_is_read_or_refused(text):
    found, error = answer(text, CHAIN)
    assert "a" in found or (error is not None and len(error.problem) < 400)


def test_a_selection_that_asks_for_too_much_is_refused():
    graph = StepGraph({f"s{number}": () for number in range(10_000)})
    text = " and ".join(["not s1"] * 1_000)
    assert "too many clauses" in refused(text, graph).message
    assert len(resolve_selection(" and ".join(["not s1"] * 200), graph)) == 9_999


def test_what_is_suggested_for_an_operator_parses():
    for text in ("c *", "+ c", "b + d", "b+ 3", "**c", "a+b", "a*b", "a+3b", "(a b) *", "name:a *"):
        assert refused(text, CHAIN).suggestions
        for suggestion in refused(text, CHAIN).suggestions:
            parse_selection([suggestion])
