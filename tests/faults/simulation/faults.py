"""What is broken, when: at every place where something may be, the seed decides."""

from __future__ import annotations

import msgspec

from tests.faults.simulation.journal import Entry, Fault
from tests.faults.simulation.kernel import Kernel, Process


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """How likely each fault is, at each place where it may be."""

    crash: float = 0.0
    # Of code processes and step processes.
    child_crash: float = 0.0
    stall: float = 0.0
    # The database does not do it: before it was begun, or in the middle.
    refused: float = 0.0
    # The database has done it, and the caller sees an error.
    lost_answer: float = 0.0
    # The database is away for a while.
    away: float = 0.0
    # A message, a request or a notice comes twice.
    duplicate: float = 0.0
    # A notice does not come at all.
    missed_notice: float = 0.8


CALM = Rates()

# The threads of a worker that execute and record its runs.
_OF_RUNS = ("dalsegno-run", "recorder")
_MORE = 3.0


class Faults:
    """Breaks things while `rates` say so."""

    def __init__(self, kernel: Kernel, journal: list[Entry], rates: Rates, longest_stall: float) -> None:
        self.rates = rates
        self.away_until = 0.0
        self._kernel = kernel
        self._journal = journal
        self._longest_stall = longest_stall

    def at(self, point: str) -> None:
        """A place where the process that is executed now may be killed, or stand still."""
        kernel, rates = self._kernel, self.rates
        if kernel.current is None:
            return
        process = kernel.current.process
        # Where runs are recorded is where it hurts.
        chance = kernel.random.random() / (_MORE if kernel.current.name.startswith(_OF_RUNS) else 1.0)
        crash = rates.crash if process.parent is None else rates.child_crash
        if chance >= crash + rates.stall:
            return
        if process.own.get("is_immortal"):
            return
        if chance < crash:
            self.tell("crash", process, point)
            kernel.kill(process)
        else:
            self.stall(process, point)

    def stall(self, process: Process, point: str) -> None:
        """Let it stand still for a while, perhaps with all its children."""
        random = self._kernel.random
        seconds = (0.2 + 0.8 * random.random()) * self._longest_stall
        with_children = random.random() < 0.5
        self.tell("stall", process, point, seconds)
        if with_children:
            for child in _descendants(process):
                child.stalled_until = max(child.stalled_until, self._kernel.now + seconds)
        self._kernel.stall(process, seconds)

    def strikes(self, kind: str, point: str) -> bool:
        """Whether a fault of this kind happens here and now."""
        rate: float = getattr(self.rates, kind)
        if rate == 0.0 or self._kernel.random.random() >= rate:
            return False
        if self._kernel.current is not None:
            self.tell(kind, self._kernel.current.process, point)
        return True

    def tell(self, kind: str, process: Process | str, point: str, seconds: float = 0.0) -> None:
        """Write down what was broken."""
        name = process if isinstance(process, str) else process.name
        self._journal.append(Fault(at=self._kernel.now, kind=kind, process=name, point=point, seconds=seconds))


def _descendants(process: Process) -> list[Process]:
    return [one for child in process.children for one in (child, *_descendants(child))]
