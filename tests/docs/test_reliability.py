"""What the document on reliability names as tried is tried."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import pytest

from tests.docs.documents import Row, code, document, section, tables

ROOT = Path(__file__).parents[2]
TEXT = document("reliability.md")
(MISBEHAVIOUR,) = tables(section(TEXT, "Misbehaviour, tried here"), "a step that", "tests")
BUGS: list[Row] = list(chain(*tables(section(TEXT, "Bugs of others, tried here"), "elsewhere", "here", "tests")))


def check_tests(cell: str) -> None:
    """It names tests, by their files, and all of them exist."""
    assert code(cell)
    for named in code(cell):
        file, _, name = named.partition("::")
        written = (ROOT / file if file.startswith("frontend/") else ROOT / "tests" / file).read_text()
        assert re.search(rf"def {name}\(", written) or f'it("{name}"' in written, named


@pytest.mark.parametrize("row", MISBEHAVIOUR, ids=lambda row: row[0])
def test_each_misbehaviour_has_tests_that_exist(row: Row) -> None:
    check_tests(row[1])


@pytest.mark.parametrize("row", BUGS, ids=lambda row: row[0].partition(":")[0])
def test_each_bug_of_others_has_its_thread_and_tests_that_exist(row: Row) -> None:
    assert re.match(r"\w[\w -]* #\d+", row[0])
    check_tests(row[2])
