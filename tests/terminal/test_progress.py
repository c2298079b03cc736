"""The progress of a run: lines in a pipe, a table on a terminal, and what steps print."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import pytest

from dalsegno.runs.attempts import ErrorInfo
from dalsegno.runs.events import (
    Logged,
    LogLevel,
    RunFailed,
    RunStarted,
    StepBlocked,
    StepFailed,
    StepRetrying,
    StepStarted,
    StepSucceeded,
)
from dalsegno.terminal.progress import LiveProgress, progress_shown
from tests.terminal.consoles import piped, terminal, written

T0 = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)
ERROR = ErrorInfo(class_name="ValueError", message="boom\nand more", traceback=None)


def play(observe):
    """load succeeds after 1.5 s and prints; train fails twice; report is blocked."""
    at = T0
    observe(at, RunStarted(steps=3))
    observe(at, StepStarted(step_key="load", attempt=1, token="t1"))
    print("read 114 rows")
    print("an open line", end="")
    observe(at, Logged(step_key="load", attempt=1, severity=LogLevel.WARNING, message="three rows are empty"))
    observe(at + timedelta(seconds=1.5), StepSucceeded(step_key="load", attempt=1))
    observe(at, StepStarted(step_key="train", attempt=1, token="t2"))
    print("50%\r100%", file=sys.stderr)
    observe(at, StepRetrying(step_key="train", attempt=1, error=ERROR, delay_seconds=2.0))
    observe(at, StepStarted(step_key="train", attempt=2, token="t3"))
    observe(at, StepFailed(step_key="train", attempt=2, error=ERROR))
    observe(at, StepBlocked(step_key="report", cause_step_keys=("train",)))
    observe(at, RunFailed(failed_step_keys=("train",)))


def test_a_pipe_gets_a_line_an_event_with_time_and_step():
    console = piped()
    with progress_shown(console, "training", ["load", "train", "report"]) as observe:
        play(observe)
    # The clock is local, and of printed lines the present one.
    assert [line[10:] for line in written(console)] == [
        "run     Started 3 steps.",
        "load    started",
        "load    | read 114 rows",
        "load    | an open line",
        "load    warning: three rows are empty",
        "load    success in 1.5 s",
        "train   started",
        "train   | 100%",
        "train   Attempt 1 failed: ValueError: boom",
        "train   started, attempt 2",
        "train   Failed: ValueError: boom",
        "report  Blocked, because train failed.",
        "run     Failed: train.",
    ]
    assert written(console)[1].startswith(f"{T0.astimezone():%H:%M:%S}  ")


def test_a_terminal_shows_what_steps_print_above_the_table():
    console = terminal()
    with progress_shown(console, "training", ["load", "train", "report"]) as observe:
        play(observe)
    text = "\n".join(written(console))
    assert "load │ read 114 rows" in text
    assert "train │ 100%" in text


def test_standard_streams_are_given_back_even_after_an_error():
    before = sys.stdout, sys.stderr
    with pytest.raises(ZeroDivisionError), progress_shown(terminal(), "training", []):
        raise ZeroDivisionError
    assert (sys.stdout, sys.stderr) == before


def frame_of(progress, console):
    console.print(progress.frame())
    return written(console)


def test_the_table_names_every_step_with_its_state_and_why():
    console = terminal()
    progress = LiveProgress(console, "training", ["load", "train", "report"])
    play(progress.observe)
    lines = [line for line in frame_of(progress, console) if "│" not in line]
    assert lines[0].split() == ["load", "✓", "success", "1.5", "s"]
    assert lines[1].split()[:3] == ["train", "✗", "failure"]
    assert lines[1].endswith("ValueError: boom")
    assert lines[2].split() == ["report", "⊘", "blocked", "by", "train"]
    assert "3 of 3 steps" in lines[3]
    assert "1 failed" in lines[3]


def test_the_table_of_many_steps_fits_the_window_and_keeps_what_matters():
    console = terminal(height=12)
    keys = [f"step_{number}" for number in range(500)]
    progress = LiveProgress(console, "many", keys)
    for number, key in enumerate(keys[:300]):
        at = T0 + timedelta(seconds=number)
        progress.observe(at, StepStarted(step_key=key, attempt=1, token=key))
        if number == 7:
            progress.observe(at, StepFailed(step_key=key, attempt=1, error=ERROR))
        elif number < 299:
            progress.observe(at, StepSucceeded(step_key=key, attempt=1))
    lines = frame_of(progress, console)
    assert len(lines) < 12
    assert any(line.startswith("step_7 ") for line in lines)
    assert any(line.startswith("step_299 ") for line in lines)
    assert "299 of 500 steps" in lines[-1]


def test_elements_stand_in_the_place_of_their_step_once_they_begin():
    console = terminal()
    progress = LiveProgress(console, "mapped", ["gen", "work[?]", "total"])
    progress.observe(T0, StepStarted(step_key="gen", attempt=1, token="t1"))
    assert [line.split()[0] for line in frame_of(progress, console)[:3]] == ["gen", "work[?]", "total"]
    progress.observe(T0, StepSucceeded(step_key="gen", attempt=1, expansions={"result": ("a", "b")}))
    progress.observe(T0, StepStarted(step_key="work[a]", attempt=1, token="t2"))
    progress.observe(T0, StepSucceeded(step_key="work[a]", attempt=1))
    progress.observe(T0, StepStarted(step_key="work[b]", attempt=1, token="t3"))
    *lines, headline = frame_of(progress, console)[-5:]
    assert [line.split()[0] for line in lines] == ["gen", "work[a]", "work[b]", "total"]
    assert "2 of 4 steps" in headline
