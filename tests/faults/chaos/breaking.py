"""What is broken, when, and for how long: by a seed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import msgspec

from tests.faults.chaos.databases import Breaks
from tests.faults.chaos.processes import SETTINGS, Kept, Processes

# Longer than a lease holds, sometimes.
LONGEST_STALL = 2 * float(str(SETTINGS["lease_seconds"]))
_PAUSE_SECONDS = (0.3, 2.5)


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """What was done, to whom, when (seconds since 1970), and for how long."""

    at: float
    kind: str
    # The process id; None: the database.
    pid: int | None
    seconds: float = 0.0


class Breaking:
    """Breaks things."""

    def __init__(self, processes: Processes, database: Breaks, seed: int) -> None:
        self.done: list[Broken] = []
        self._processes = processes
        self._database = database
        self._random = random.Random(f"chaos {seed}")
        self._stopped: dict[int, float] = {}
        # Each as often as it stands here.
        self._kinds = (
            "worker killed",
            "worker killed",
            "worker stopped",
            "worker stopped",
            "worker and its steps stopped",
            "worker told to end",
            "step process killed",
            "step process killed",
            "step process stopped",
            "code process killed",
            "service killed",
            "service stopped",
            *database,
            *database,
        )

    def go_on_while(self, holds: Callable[[], bool]) -> None:
        """Break things while that holds; then what stands still goes on, and nothing more is broken.

        In the thread that opened the database: a server dies with the thread that has started it.
        """
        # Each kind once, then as it comes.
        first = list(dict.fromkeys(self._kinds))
        self._random.shuffle(first)
        try:
            while holds():
                self._strike(first.pop() if first else self._random.choice(self._kinds))
                self._wait(self._random.uniform(*_PAUSE_SECONDS), holds)
        finally:
            for pid in list(self._stopped):
                self._go_on(pid)

    @property
    def by_kind(self) -> Counter[str]:
        """How often each was done."""
        return Counter(one.kind for one in self.done)

    def _wait(self, seconds: float, holds: Callable[[], bool]) -> None:
        until = time.monotonic() + seconds
        while holds() and (now := time.monotonic()) < until:
            for pid in [pid for pid, at in self._stopped.items() if at <= now]:
                self._go_on(pid)
            time.sleep(0.02)

    def _strike(self, kind: str) -> None:
        seconds = self._random.uniform(0.2, LONGEST_STALL)
        worker = self._random.choice(self._processes.workers)
        if kind in self._database:
            self._database[kind](min(seconds, 2.0))
            self.done.append(Broken(at=time.time(), kind=kind, pid=None, seconds=seconds))
            return
        for pid in self._struck(kind, worker):
            with suppress(ProcessLookupError):
                if kind.endswith("stopped"):
                    os.kill(pid, signal.SIGSTOP)
                    self._stopped[pid] = time.monotonic() + seconds
                else:
                    os.kill(pid, signal.SIGTERM if kind.endswith("told to end") else signal.SIGKILL)
                    seconds = 0.0
                self.done.append(Broken(at=time.time(), kind=kind, pid=pid, seconds=seconds))

    def _struck(self, kind: str, worker: Kept) -> list[int]:
        steps, codes = self._processes.step_processes(worker), self._processes.code_processes(worker)
        if kind.startswith("service"):
            found = [self._processes.service.pid]
        elif kind.startswith("worker and"):
            found = [worker.pid, *codes, *steps]
        elif kind.startswith("worker"):
            found = [worker.pid]
        elif kind.startswith("step"):
            found = [self._random.choice(steps)] if steps else []
        else:
            found = [*codes]
        return [pid for pid in found if pid is not None]

    def _go_on(self, pid: int) -> None:
        del self._stopped[pid]
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
