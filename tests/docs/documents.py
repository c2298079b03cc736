"""Documents taken apart: their sections, blocks of code, tables and drawings."""

from __future__ import annotations

import re
from pathlib import Path

from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot

DOCS = Path(__file__).parents[2] / "docs"

# The ends that each sign of a line has.
_ENDS = {
    "─": {"left", "right"},
    "│": {"up", "down"},
    "┐": {"left", "down"},
    "┘": {"left", "up"},
    "└": {"up", "right"},
    "├": {"up", "down", "right"},
    "┬": {"left", "right", "down"},
    ">": {"left"},
}
_WAYS = {"left": (0, -1), "right": (0, 1), "up": (-1, 0), "down": (1, 0)}
_OPPOSITE = {"left": "right", "right": "left", "up": "down", "down": "up"}
_STEP = re.compile(r"([\w.]+)(?: ([✓✗⊘↺·]))?")

Edges = set[tuple[str, str]]
Row = tuple[str, ...]


def document(name: str) -> str:
    """The whole text of a document."""
    return (DOCS / name).read_text("utf-8")


def section(text: str, title: str) -> str:
    """What stands under a heading, to the next one of its level or a higher one."""
    found: list[str] = []
    level = 0
    in_code = False
    for line in text.splitlines(keepends=True):
        in_code ^= line.startswith("```")
        heading = None if in_code else re.match(r"(#+) (.*)", line)
        if heading and 0 < len(heading[1]) <= level:
            break
        if level:
            found.append(line)
        elif heading and heading[2] == title:
            level = len(heading[1])
    assert found, f"there is no section {title!r}"
    return "".join(found)


def blocks(text: str, language: str) -> list[str]:
    """The blocks of code in this language; "" for those of none."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for marked, block in fenced if marked == language]


def tables(text: str, *header: str) -> list[list[Row]]:
    """The rows of every table whose columns begin with these."""
    found: list[list[Row]] = []
    for lines in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        rows = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines.splitlines()]
        if rows[0][: len(header)] == header:
            found.append(rows[2:])
    return found


def code(cell: str) -> list[str]:
    """What stands between backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def marks_in(drawing: str) -> dict[str, str]:
    """The mark behind each step of a drawing."""
    return dict(_STEP.findall(drawing))


def edges_in(drawing: str) -> Edges:
    """What leads to what in a drawing: `a ──> b`, with forks and joins."""
    rows = drawing.splitlines()
    begins, ends = {}, {}
    for number, row in enumerate(rows):
        for found in _STEP.finditer(row):
            begins[number, found.start()] = found[1]
            ends[number, found.end()] = found[1]
    return {
        (step, begins[row, column + 2])
        for (number, end), step in ends.items()
        for row, column in _arrowheads(rows, (number, end + 1))
    }


def edges_of(snapshot: PipelineSnapshot) -> Edges:
    """What leads to what in a pipeline."""
    return {(above, key) for key, upstream in snapshot.graph.upstream.items() for above in upstream}


def _arrowheads(rows: list[str], start: tuple[int, int]) -> list[tuple[int, int]]:
    """Where the line ends that begins here, at arrowheads."""
    pending, seen = [start], set()
    while pending:
        here = pending.pop()
        if here in seen or _sign(rows, here) not in _ENDS:
            continue
        seen.add(here)
        for way in _ENDS[_sign(rows, here)]:
            there = here[0] + _WAYS[way][0], here[1] + _WAYS[way][1]
            if _OPPOSITE[way] in _ENDS.get(_sign(rows, there), ()):
                pending.append(there)
    return [place for place in seen if _sign(rows, place) == ">"]


def _sign(rows: list[str], place: tuple[int, int]) -> str:
    row, column = place
    return rows[row][column] if 0 <= row < len(rows) and 0 <= column < len(rows[row]) else " "
