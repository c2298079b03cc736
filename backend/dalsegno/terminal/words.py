"""How times, durations, states and ids are written for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from dalsegno.plan.plan import Action
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus

# A UUIDv7 begins with its time: 13 characters tell one millisecond from the next.
SHORT_ID = 13

# Each state has a word, and beside it a sign and a colour, so that neither is the only one to tell.
_SIGNS: Mapping[str, str] = {
    "SUCCESS": "✓",
    "FAILURE": "✗",
    "RUNNING": "●",
    "STARTING": "●",
    "RETRYING": "↻",
    "PENDING": "○",
    "QUEUED": "○",
    "SKIPPED": "»",
    "BLOCKED": "⊘",
    "CANCELING": "◼",
    "CANCELED": "◼",
    "LOST": "?",
    "REUSED": "=",
    "OMITTED": "-",
}
_STYLES: Mapping[str, str] = {
    "SUCCESS": "green",
    "FAILURE": "bold red",
    "RUNNING": "cyan",
    "STARTING": "cyan",
    "RETRYING": "yellow",
    "BLOCKED": "yellow",
    "CANCELING": "magenta",
    "CANCELED": "magenta",
    "LOST": "yellow",
    "SKIPPED": "blue",
    "REUSED": "blue",
    "PENDING": "dim",
    "QUEUED": "dim",
    "OMITTED": "dim",
    "EXECUTE": "cyan",
    "REUSE": "blue",
    "OMIT": "dim",
}


def status_word(status: RunStatus | StepStatus) -> str:
    """The state in lower case."""
    return status.value.lower()


def status_sign(status: RunStatus | StepStatus) -> str:
    """One character that stands for the state."""
    return _SIGNS[status.value]


def style_of(status: RunStatus | StepStatus | Action) -> str:
    """The rich style of a state or action."""
    return _STYLES[status.value]


def duration(milliseconds: float | None) -> str:
    """`12 ms`, `1.2 s`, `3 min 4 s`, `2 h 5 min`, `1 d 3 h`; empty for None."""
    if milliseconds is None:
        return ""
    seconds = milliseconds / 1000.0
    if round(milliseconds) < 1000:
        return f"{round(milliseconds)} ms"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    hours = round(seconds / 3600)
    return f"{hours // 24} d {hours % 24} h"


def moment(time: datetime | None) -> str:
    """Date and time of day, local; empty for None."""
    return "" if time is None else f"{time.astimezone():%Y-%m-%d %H:%M:%S}"


def recent(time: datetime, now: datetime) -> str:
    """`10:01:02` today, `Nov 22 10:01` this year, else `2025-11-22`; local."""
    local, today = time.astimezone(), now.astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M:%S}"
    return f"{local:%b %d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d}"


def clock(time: datetime) -> str:
    """Time of day, local."""
    return f"{time.astimezone():%H:%M:%S}"


def byte_count(number: int) -> str:
    """A number of bytes, rounded to three digits: 12 B, 3.4 MB."""
    size, units = float(number), ["B", "kB", "MB", "GB", "TB", "PB"]
    while size >= 999.5 and len(units) > 1:
        size, units = size / 1000, units[1:]
    return f"{number} B" if units[0] == "B" else f"{size:.3g} {units[0]}"


def count(number: int, noun: str, plural: str | None = None) -> str:
    """`1 step`, `2 steps`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


_STRATEGIES = {
    ReexecutionStrategy.ALL_STEPS: "all steps",
    ReexecutionStrategy.SELECTED_STEPS: "selected",
    ReexecutionStrategy.FROM_SELECTED: "from selected",
    ReexecutionStrategy.FROM_FAILURE: "from failure",
    ReexecutionStrategy.FROM_CHANGED: "from changed",
}
assert set(_STRATEGIES) == set(ReexecutionStrategy)


def strategy_words(strategy: ReexecutionStrategy | None, selection: Iterable[str] | None = None) -> str:
    """`first run`, `from failure`, `selected: train+*`."""
    words = "first run" if strategy is None else _STRATEGIES[strategy]
    return f"{words}: {', '.join(selection)}" if selection else words


def run_strategy(run: Run) -> str:
    """How the run came to execute what it executed."""
    return strategy_words(run.strategy, run.selection)


def short_ids(run_ids: Iterable[str]) -> Mapping[str, str]:
    """Each id with its shortest beginning that no other of them shares, of at least SHORT_ID characters."""
    ordered = sorted(set(run_ids))
    short: dict[str, str] = {}
    for position, run_id in enumerate(ordered):
        beside = [*ordered[max(0, position - 1) : position], *ordered[position + 1 : position + 2]]
        length = SHORT_ID
        while length < len(run_id) and any(other.startswith(run_id[:length]) for other in beside):
            length += 1
        short[run_id] = run_id[:length]
    return short
