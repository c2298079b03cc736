"""Tables: wrapped to the window on a terminal, plain aligned columns elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from dalsegno.plan.plan import Action
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.terminal.words import moment, recent, short_ids, status_sign, status_word, style_of

Cell = str | Text
# Cells between two columns.
GAP = 2


@dataclass(frozen=True)
class Column:
    """A column; on a narrow terminal `rigid` ones keep their width, `leading` ones most of it, the others wrap.

    A `spare` one is left out where even that does not fit.
    """

    title: str
    rigid: bool = False
    leading: bool = False
    right: bool = False
    spare: bool = False


def open_console(*, stderr: bool = False) -> Console:
    """Where the command line writes; texts are taken as they are, without markup."""
    # The stream as it is now: while steps run, what they print takes its place.
    console = Console(file=sys.stderr if stderr else sys.stdout, highlight=False, markup=False, emoji=False)
    console.soft_wrap = not console.is_terminal
    return console


def is_drawn(console: Console) -> bool:
    """On a terminal that can move its cursor; else lines are printed one after the other."""
    return console.is_terminal and not console.is_dumb_terminal


def status_cell(console: Console, status: RunStatus | StepStatus) -> Text:
    """The state's word, with its sign and colour on a terminal."""
    word = status_word(status)
    if not is_drawn(console):
        return Text(word)
    sign = "" if console.options.ascii_only else f"{status_sign(status)} "
    return Text(f"{sign}{word}", style=style_of(status))


def when(console: Console, time: datetime) -> str:
    """A time short enough for a column on a terminal; elsewhere in full."""
    return recent(time, datetime.now(UTC)) if is_drawn(console) else moment(time)


class RunNames:
    """How runs are named to people: by the short beginning of their ids on a terminal, elsewhere whole."""

    def __init__(self, console: Console, run_ids: Iterable[str]) -> None:
        self._names = short_ids(run_ids) if is_drawn(console) else {}

    def __getitem__(self, run_id: str) -> str:
        return self._names.get(run_id, run_id)

    def within(self, text: str) -> str:
        """The text, with the runs in it so named."""
        for run_id, name in self._names.items():
            text = text.replace(run_id, name)
        return text


def action_cell(action: Action) -> Text:
    """The action's word in its colour."""
    return Text(action.value.lower(), style=style_of(action))


def print_table(console: Console, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
    """Print rows under their columns' titles; a column that is empty throughout is left out."""
    filled = [[_as_text(cell) for cell in row] for row in rows]
    columns, filled = _without(
        columns, filled, {at for at in range(len(columns)) if not any(row[at].plain for row in filled)}
    )
    for line in _drawn(console, columns, filled) if is_drawn(console) else _plain(columns, filled):
        console.print(line)


def column_widths(columns: Sequence[Column], longest: Sequence[int], width: int) -> list[int]:
    """How wide each column is drawn, in cells, so that all fit into `width`, gaps included.

    1. Where everything fits, every column has its longest cell's width.
    2. Else the widest of the columns that wrap gives way, then the leading ones, each down to what is readable.
    3. Rigid columns never give way.
    """
    widths = list(longest)
    excess = sum(widths) + GAP * (len(widths) - 1) - width
    for leading, floor in ((False, 24), (True, width * 2 // 5), (False, 16), (True, width // 4), (False, 8)):
        giving = [at for at, column in enumerate(columns) if not column.rigid and column.leading is leading]
        while excess > 0 and giving:
            widest = max(giving, key=widths.__getitem__)
            if widths[widest] <= floor:
                break
            widths[widest] -= 1
            excess -= 1
    return widths


def fitted(line: Text, width: int, *, right: bool = False) -> Text:
    """The line at exactly this width: cut with an ellipsis, or filled up with blanks."""
    line = line.copy()
    line.truncate(width, overflow="ellipsis")
    line.align("right" if right else "left", width)
    return line


def _drawn(console: Console, columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> Iterable[Text]:
    widths = column_widths(columns, _longest(columns, rows), console.width)
    spare = {at for at, column in enumerate(columns) if column.spare}
    if spare and sum(widths) + GAP * (len(widths) - 1) > console.width:
        yield from _drawn(console, *_without(columns, rows, spare))
        return
    for row in [[Text(column.title, style="dim") for column in columns], *rows]:
        wrapped = [cell.wrap(console, width, overflow="fold") for cell, width in zip(row, widths, strict=True)]
        for parts in zip_longest(*wrapped, fillvalue=Text("")):
            cells = zip(parts, widths, columns, strict=True)
            line = Text(" " * GAP).join(fitted(part, width, right=column.right) for part, width, column in cells)
            line.rstrip()
            yield line


def _longest(columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> list[int]:
    return [
        max([cell_len(column.title), *(cell_len(line) for row in rows for line in row[at].plain.split("\n"))])
        for at, column in enumerate(columns)
    ]


def _without(
    columns: Sequence[Column], rows: Sequence[Sequence[Text]], left_out: Container[int]
) -> tuple[list[Column], list[list[Text]]]:
    kept = [at for at in range(len(columns)) if at not in left_out]
    return [columns[at] for at in kept], [[row[at] for at in kept] for row in rows]


def _plain(columns: Sequence[Column], rows: Sequence[Sequence[Text]]) -> Iterable[str]:
    lines = [[column.title for column in columns]]
    lines += [["; ".join(cell.plain.splitlines()) for cell in row] for row in rows]
    widths = [max(cell_len(line[at]) for line in lines) for at in range(len(columns))]
    for line in lines:
        padded = (
            " " * (width - cell_len(text)) + text if column.right else text + " " * (width - cell_len(text))
            for column, width, text in zip(columns, widths, line, strict=True)
        )
        yield (" " * GAP).join(padded).rstrip()


def _as_text(cell: Cell) -> Text:
    return cell if isinstance(cell, Text) else Text(cell)
