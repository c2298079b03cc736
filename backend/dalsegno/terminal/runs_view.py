"""Runs as people read them: groups as trees of re-executions, or one flat list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from dalsegno.runs.run import Run, RunGroup
from dalsegno.terminal.tables import Cell, Column, RunNames, is_drawn, print_table, status_cell, when
from dalsegno.terminal.words import count, duration, run_strategy

_RUN = Column("RUN", rigid=True)
_COLUMNS = (
    Column("STATUS", rigid=True),
    Column("STRATEGY"),
    Column("STEPS", rigid=True, right=True),
    Column("STARTED", rigid=True),
    Column("TOOK", rigid=True, right=True),
    Column("BY", spare=True),
    Column("WAITS"),
)
_NOTHING: Mapping[str, str] = {}


def print_groups(
    console: Console, groups: Sequence[tuple[RunGroup, Sequence[Run]]], waits: Mapping[str, str] = _NOTHING
) -> None:
    """Print each group's line, then its runs as a tree; `waits` tells what queued runs wait for."""
    columns = (_RUN, *_COLUMNS)
    names = RunNames(console, [run.run_id for _, runs in groups for run in runs])
    rows: list[Sequence[Cell]] = []
    for position, (group, runs) in enumerate(groups):
        if position:
            rows.append([""] * len(columns))
        title = Text(group.pipeline_name, style="bold")
        summary = f"group of {count(len(runs), 'run')}"
        rows.append(
            (title, status_cell(console, group.status), summary, "", when(console, group.created_at), "", "", "")
        )
        rows += _tree_rows(console, runs, names, waits, indent="  ")
    print_table(console, columns, rows)


def print_runs_tree(console: Console, groups: Sequence[Sequence[Run]], *, marked: str | None = None) -> None:
    """Print the runs of whole groups as trees; the run `marked` is pointed out."""
    names = RunNames(console, [run.run_id for runs in groups for run in runs])
    rows = [row for runs in groups for row in _tree_rows(console, runs, names, _NOTHING, marked=marked)]
    print_table(console, (_RUN, *_COLUMNS), rows)


def print_flat(console: Console, runs: Sequence[Run], waits: Mapping[str, str] = _NOTHING) -> None:
    """Print one row a run; `waits` tells what queued runs wait for."""
    names = RunNames(console, [run.run_id for run in runs])
    rows = [(names[run.run_id], run.pipeline_name, *_cells(console, run, waits)) for run in runs]
    print_table(console, (Column("RUN", rigid=True), Column("PIPELINE"), *_COLUMNS), rows)


def _tree_rows(
    console: Console,
    runs: Sequence[Run],
    names: RunNames,
    waits: Mapping[str, str],
    *,
    indent: str = "",
    marked: str | None = None,
) -> list[Sequence[Cell]]:
    rows: list[Sequence[Cell]] = []
    for branch, run in _tree(runs, plain=not is_drawn(console)):
        name = Text(f"{indent}{branch}{names[run.run_id]}", style="bold" if run.run_id == marked else "")
        if run.run_id == marked:
            name.append(" (this)")
        rows.append((name, *_cells(console, run, waits)))
    return rows


def _tree(runs: Sequence[Run], *, plain: bool) -> Iterator[tuple[str, Run]]:
    """Each run with the branches drawn before it; the re-executions of a run follow it, oldest first."""
    known = {run.run_id for run in runs}
    children: dict[str | None, list[Run]] = {}
    for run in runs:
        children.setdefault(run.parent_run_id if run.parent_run_id in known else None, []).append(run)
    last, more, bar, blank = ("`- ", "|- ", "|  ", "   ") if plain else ("└─ ", "├─ ", "│  ", "   ")
    # (what to draw before the run's children, the run, whether it is the last of its parent).
    pending: list[tuple[str, str, Run]] = [("", "", run) for run in reversed(children.get(None, []))]
    while pending:
        branch, below, run = pending.pop()
        yield branch, run
        again = children.get(run.run_id, [])
        for position, child in reversed(list(enumerate(again))):
            is_last = position == len(again) - 1
            pending.append((below + (last if is_last else more), below + (blank if is_last else bar), child))


def _cells(console: Console, run: Run, waits: Mapping[str, str]) -> tuple[Cell, ...]:
    return (
        status_cell(console, run.status),
        run_strategy(run),
        f"{len(run.step_keys_to_execute):,}",
        when(console, run.started_at or run.created_at),
        duration(run.duration_ms),
        run.launched_by or "",
        waits.get(run.run_id, ""),
    )
