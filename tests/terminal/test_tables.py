"""Tables on terminals of several widths, and in pipes."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from dalsegno.runs.status import StepStatus
from dalsegno.terminal.tables import GAP, Column, column_widths, print_table, status_cell
from tests.terminal.consoles import piped, terminal, written

COLUMNS = (Column("STEP", leading=True), Column("TOOK", rigid=True, right=True), Column("WHY"), Column("NEVER"))
ROWS = [
    ("load", "1.2 s", "succeeded in the first run", ""),
    ("train_gradient_boosting_model", "3 min 4 s", "downstream of load", ""),
]


def test_a_pipe_gets_aligned_columns_of_any_width_without_signs_or_blanks_at_the_end():
    console = piped()
    print_table(console, COLUMNS, ROWS)
    console.print(status_cell(console, StepStatus.SUCCESS))
    assert written(console) == [
        "STEP                                TOOK  WHY",
        "load                               1.2 s  succeeded in the first run",
        "train_gradient_boosting_model  3 min 4 s  downstream of load",
        "success",
    ]


def test_a_state_on_a_terminal_has_a_sign_beside_its_word():
    console = terminal()
    console.print(status_cell(console, StepStatus.FAILURE))
    assert written(console) == ["✗ failure"]


@pytest.mark.parametrize("width", [50, 80, 140])
def test_a_terminal_is_never_written_over_its_edge_and_loses_no_word(width):
    console = terminal(width=width)
    print_table(console, COLUMNS, ROWS)
    lines = written(console)
    assert max(map(cell_len, lines)) <= width
    letters = "".join("".join(lines).split())
    for row in ROWS:
        assert all(word in letters for word in row[1].split())
    assert len(lines) == 3 or width < 80


def test_a_column_that_is_empty_throughout_is_left_out():
    console = piped()
    print_table(console, COLUMNS, ROWS)
    assert "NEVER" not in written(console)[0]


def test_a_spare_column_gives_way_where_there_is_no_room():
    columns = (Column("RUN", rigid=True), Column("BY", spare=True))
    narrow, wide = terminal(width=30), terminal(width=60)
    for console in (narrow, wide):
        print_table(console, columns, [("x" * 28, "somebody")])
    assert written(narrow) == ["RUN", "x" * 28]
    assert "somebody" in written(wide)[1]


@pytest.mark.parametrize("width", [50, 60, 100])
def test_widths_fit_and_rigid_columns_keep_theirs(width):
    widths = column_widths(COLUMNS, [29, 9, 60, 20], width)
    assert widths[1] == 9
    assert sum(widths) + GAP * 3 <= width


def test_a_cell_of_several_lines_is_one_line_in_a_pipe():
    console = piped()
    print_table(console, (Column("FROM"),), [("a <- x\nb <- y",)])
    assert written(console)[1] == "a <- x; b <- y"
