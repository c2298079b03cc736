"""What pruning deletes, as people read it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from dalsegno.runs.run import RunGroup
from dalsegno.terminal.tables import Column, RunNames, print_table, status_cell, when
from dalsegno.terminal.words import byte_count, count

_COLUMNS = (
    Column("GROUP", rigid=True),
    Column("PIPELINE"),
    Column("STATUS", rigid=True),
    Column("RUNS", rigid=True, right=True),
    Column("UNTOUCHED SINCE", rigid=True),
    Column("FILES", rigid=True, right=True),
)
# More groups are told by their number alone.
_MOST_LISTED = 100


def print_groups_to_prune(console: Console, groups: Sequence[tuple[RunGroup, int]]) -> None:
    """Print the groups, each with how many bytes its files take, and what they come to."""
    listed = groups[:_MOST_LISTED]
    names = RunNames(console, [group.root_run_id for group, _ in listed])
    rows = [
        (
            names[group.root_run_id],
            group.pipeline_name,
            status_cell(console, group.status),
            f"{group.run_count:,}",
            when(console, group.updated_at),
            byte_count(size),
        )
        for group, size in listed
    ]
    if rows:
        print_table(console, _COLUMNS, rows)
    if len(groups) > len(listed):
        console.print(Text(f"and {count(len(groups) - len(listed), 'other group')}", style="dim"))


def pruned_words(groups: Sequence[tuple[RunGroup, int]], leftover_files: int, leftover_bytes: int) -> str:
    """What goes, in one line."""
    runs = sum(group.run_count for group, _ in groups)
    size = byte_count(sum(size for _, size in groups))
    leftovers = f"{count(leftover_files, 'file')} that nothing refers to ({byte_count(leftover_bytes)})"
    return f"{count(len(groups), 'group')} with {count(runs, 'run')} ({size}), and {leftovers}"
