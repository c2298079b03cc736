"""What the document on reliability names as tried is tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.documents import Row, code, document, section, tables

ROOT = Path(__file__).parents[2]
BUGS: list[Row] = [
    row
    for rows in tables(section(document("reliability.md"), "Bugs of others, tried here"), "elsewhere", "here", "tests")
    for row in rows
]


@pytest.mark.parametrize("row", BUGS, ids=lambda row: row[0].partition(":")[0])
def test_each_bug_of_others_has_its_thread_and_tests_that_exist(row: Row) -> None:
    elsewhere, _, tests = row
    assert re.match(r"\w[\w -]* #\d+", elsewhere)
    assert code(tests)
    for named in code(tests):
        file, _, name = named.partition("::")
        written = (ROOT / file if file.startswith("frontend/") else ROOT / "tests" / file).read_text()
        assert re.search(rf"def {name}\(", written) or f'it("{name}"' in written, named
