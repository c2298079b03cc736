"""One chaos, from beginning to end."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec

from tests.faults.chaos.breaking import Breaking
from tests.faults.chaos.clients import PIPELINE, ChaosClient, Notes
from tests.faults.chaos.databases import DATABASES, Reader
from tests.faults.chaos.pipelines import JOURNAL
from tests.faults.chaos.processes import Processes
from tests.faults.chaos.verdict import Figures, figures_of, problems, read_history, read_journal
from tests.waiting import until

WORKERS = 3
_CLIENTS = 6
# So long after nothing is broken any more, everything must have come to its end.
_TIME_TO_END = 90.0
_TIME_TO_GO = 20.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it."""

    problems: list[str]
    figures: Figures


def chaos(
    folder: Path,
    database: str,
    *,
    runs: int,
    seed: int,
    seconds: float = float("inf"),
    before_judging: Callable[[], None] = lambda: None,
) -> Outcome:
    """Has about so many runs launched while things break, for so many seconds at most, and judges what is left."""
    began = time.monotonic()
    with DATABASES[database](folder) as (url, breaks), closing(Reader(url)) as reader:
        notes = Notes()

        def may_launch() -> bool:
            return notes.launched < runs and time.monotonic() - began < seconds

        with Processes(folder, url, workers=WORKERS) as processes:
            until(lambda: reader.serves(PIPELINE), what="a worker that serves", seconds=60)
            clients = [
                ChaosClient(number, processes.url, reader, notes, seed, may_launch) for number in range(1, _CLIENTS + 1)
            ]
            breaking = Breaking(processes, breaks, seed)
            for client in clients:
                client.start()
            breaking.go_on_while(lambda: may_launch() and any(one.is_alive() for one in clients))
            deadline = time.monotonic() + _TIME_TO_END
            while reader.open_runs() and time.monotonic() < deadline:
                time.sleep(0.1)
            for client in clients:
                client.join(_TIME_TO_GO)
            notes.failures += [f"{one.name} still waits" for one in clients if one.is_alive()]
            processes.dismiss()
            gone_by = time.monotonic() + _TIME_TO_GO
            while (left := processes.left()) and time.monotonic() < gone_by:
                time.sleep(0.05)
            before_judging()
            lines = read_journal(folder / JOURNAL)
            history = read_history(reader, notes, breaking.done, lines, processes.logs())
            found = problems(history, notes, lines, left)
        seconds_taken = time.monotonic() - began
        return Outcome(problems=found, figures=figures_of(history, notes, breaking.by_kind, seconds_taken))
