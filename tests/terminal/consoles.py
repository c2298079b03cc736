"""Consoles that keep what is written: a pipe, and terminals of any size."""

from __future__ import annotations

import io

from rich.console import Console


def piped() -> Console:
    console = Console(file=io.StringIO(), highlight=False, markup=False, emoji=False, _environ={})
    console.soft_wrap = True
    return console


def terminal(width: int = 80, height: int = 24) -> Console:
    return Console(
        file=io.StringIO(),
        force_terminal=True,
        width=width,
        height=height,
        highlight=False,
        markup=False,
        color_system=None,
        _environ={"TERM": "xterm"},
    )


def written(console: Console) -> list[str]:
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]
