"""The parts of docs/reexecution.md: its file, its ways, and what it draws of their outcomes."""

from __future__ import annotations

import re
from typing import NamedTuple

from dalsegno import Instance
from tests.docs.documents import blocks, document, marks_in, section

TEXT = document("reexecution.md")
WAYS = ("From failure", "From changed", "From selected", "Selected steps", "All steps")
# Where every way begins.
BEGINNING = section(TEXT, "The example")
BROKEN = blocks(BEGINNING, "python")[0]
_FAULT, _MENDED = re.findall(r"\(`(\w+)`\s→\s`(\w+)`\)", BEGINNING)[0]
MENDED = re.sub(rf"\b{_FAULT}\b", _MENDED, BROKEN)

_MARKS = {"SUCCESS": "✓", "FAILURE": "✗", "BLOCKED": "⊘", "REUSED": "↺", "OMITTED": "·"}


class Outcome(NamedTuple):
    """What a run came to: its status, its group's, and a mark for each step."""

    run: str
    group: str
    marks: dict[str, str]


def drawn_in(text: str) -> str:
    """The drawing of a part, without the line above it."""
    return blocks(text, "")[0].split("\n", 1)[1]


def drawn(text: str) -> Outcome:
    """What a part draws of its run."""
    title = blocks(text, "")[0].splitlines()[0]
    ((run, group),) = re.findall(r": (\w+); group: (\w+)$", title)
    return Outcome(run, group, marks_in(drawn_in(text)))


def outcome(instance: Instance, run_id: str) -> Outcome:
    """What a run really came to."""
    marks = {key: _MARKS[state.status] for key, state in instance.step_states(run_id).items()}
    return Outcome(instance.run(run_id).status.lower(), instance.group(run_id).status.lower(), marks)
