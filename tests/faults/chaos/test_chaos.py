"""The promises, kept by real processes that are killed, stopped and cut off."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.chaos.chaos import chaos
from tests.faults.chaos.databases import DATABASES
from tests.faults.chaos.pipelines import JOURNAL

_RUNS = 40
# What takes longer on a slow machine has fewer runs.
_LAUNCHING_SECONDS = 35.0


@pytest.mark.parametrize("database", sorted(DATABASES))
def test_every_promise_is_kept_by_real_processes_that_are_killed_stopped_and_cut_off(
    tmp_path: Path, database: str
) -> None:
    outcome = chaos(tmp_path, database, runs=_RUNS, seed=1, seconds=_LAUNCHING_SECONDS)
    assert not outcome.problems, "\n".join([*outcome.problems, str(outcome.figures), str(tmp_path)])
    assert outcome.figures.runs
    assert outcome.figures.broken


def test_what_is_broken_afterwards_is_found(tmp_path: Path) -> None:
    def tamper() -> None:
        with closing(sqlite3.connect(tmp_path / "dalsegno.db")) as connection, connection:
            (uri,) = connection.execute("SELECT uri FROM outputs WHERE step_key = 'begin'").fetchone()
            connection.execute("UPDATE steps SET status = 'SKIPPED' WHERE step_key = 'left'")
            connection.execute("DELETE FROM events WHERE number = 1")
        with Path(uri).open("ab") as file:
            file.write(b"more")
        journal = tmp_path / JOURNAL
        lines = [json.loads(line) for line in journal.read_text().splitlines()]
        kept = [json.dumps(one) for one in lines if one["kind"] == "enter" or one["step_key"] != "end"]
        journal.write_text("".join(f"{line}\n" for line in kept))

    problems = chaos(tmp_path, "sqlite", runs=1, seed=3, before_judging=tamper).problems
    for what in (
        "promise 2 is broken: the events of run",
        "promise 3 is broken: step left of run",
        "is recorded with another digest than that of its bytes",
        "promise 4 is broken: steps of run",
        "has changed since the run ended",
        "of end in run",
    ):
        assert any(what in one for one in problems), (what, problems)
