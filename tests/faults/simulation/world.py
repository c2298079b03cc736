"""The world of one seed: workers, the service, scripts, an author, and what they share."""

from __future__ import annotations

from random import Random

import msgspec

from dalsegno.definitions.repository import Repository
from dalsegno.errors import DalsegnoError, StoreUnavailableError
from dalsegno.settings import Settings
from dalsegno.worker.loaded_code import CodeSource
from dalsegno.worker.worker import Worker
from tests.faults.simulation import pipelines
from tests.faults.simulation.clients import Client, Script, Served
from tests.faults.simulation.faults import CALM, Faults, Rates
from tests.faults.simulation.journal import Entry, Unexpected
from tests.faults.simulation.kernel import Kernel, Process, Thread
from tests.faults.simulation.step_processes import VirtualCode
from tests.faults.simulation.virtual_storage import MemoryFolder, VirtualStorage
from tests.faults.simulation.virtual_store import VirtualStore

SETTINGS = Settings(
    database_url="sqlite:///simulated",
    storage_url="/outputs",
    lease_seconds=3.0,
    heartbeat_seconds=1.0,
    grace_seconds=1.0,
    max_runs=2,
    max_steps=3,
)
PATIENCE_SECONDS = 4.0


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """What a seed is about."""

    seed: int
    workers: int
    clients: int
    scripts: int
    # What each client does, one after the other: launches, each with re-executions.
    launches: int
    cancels: float
    rates: Rates
    habits: pipelines.Habits
    # Of a launch: its run is re-executed by itself where it fails.
    retries: float
    # When the author edits, in seconds; and whether the code does not import for a while.
    edits: tuple[float, ...]
    # When workers are told to stop, and start again.
    stops: tuple[float, ...]
    damages: float
    # Of a step in a run, each time: it takes its worker with it. This goes on when nothing else is broken any more.
    poisons: float
    # From then on nothing is broken any more.
    calm_from: float


def scenario_of(seed: int) -> Scenario:
    """Some seeds are about one kind of fault, some about all of them, some about none."""
    random = Random(f"scenario {seed}")

    def rate(highest: float) -> float:
        return random.choice((0.0, 0.3, 1.0)) * highest

    calm_from = random.choice((6.0, 10.0))
    return Scenario(
        seed=seed,
        workers=random.choice((1, 2, 2, 3)),
        clients=random.randint(1, 2),
        scripts=random.choice((0, 0, 1)),
        launches=random.randint(1, 2),
        cancels=random.choice((0.0, 0.3, 0.6)),
        rates=Rates(
            crash=rate(0.006),
            child_crash=rate(0.02),
            stall=rate(0.01),
            refused=rate(0.01),
            lost_answer=rate(0.01),
            away=rate(0.002),
            duplicate=rate(0.1),
        ),
        habits=pipelines.Habits(
            fails=rate(0.15),
            asks=rate(0.05),
            gives_up=rate(0.05),
            dies=rate(0.05),
            is_stubborn=rate(0.03),
            longest=random.choice((0.3, 1.0, 4.0)),
        ),
        edits=tuple(random.random() * calm_from for _ in range(random.choice((0, 0, 1)))),
        stops=tuple(random.random() * calm_from for _ in range(random.choice((0, 0, 1, 2)))),
        poisons=random.choice((0.0, 0.0, 0.05)),
        damages=rate(0.4),
        retries=random.choice((0.0, 0.5)),
        calm_from=calm_from,
    )


class Author:
    """Who edits the code that workers load."""

    def __init__(self) -> None:
        self.version = pipelines.VERSIONS[0]
        self.is_broken = False
        self.watchers: list[VirtualCode] = []

    def repository(self, version: int) -> Repository:
        """The code as it was then."""
        return pipelines.repository(version)

    def edit(self) -> None:
        """The next version."""
        self.version = pipelines.VERSIONS[-1]
        for watcher in self.watchers:
            watcher.notice()


class World:
    """All of one simulation."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.kernel = Kernel(f"seed {scenario.seed}")
        self.journal: list[Entry] = []
        self.habits = scenario.habits
        self.faults = Faults(self.kernel, self.journal, scenario.rates, longest_stall=2 * SETTINGS.lease_seconds)
        self.store = VirtualStore(self.kernel, self.faults, self.journal)
        self.folder = MemoryFolder(self.kernel, self.faults, self.journal)
        self.storage = VirtualStorage(self.folder)
        self.author = Author()
        # Holds what belongs to the world alone.
        nobody = self.kernel.process("nobody")
        nobody.own |= {"world": self, "is_immortal": True}
        self.kernel.on_unexpected = self._hear_of
        self.served = Served(self)
        self._actors: list[Client | Script] = [
            *(Client(self, number) for number in range(1, scenario.clients + 1)),
            *(Script(self, number) for number in range(1, scenario.scripts + 1)),
        ]
        self._workers: list[Worker | None] = [None] * scenario.workers

    def begin(self) -> None:
        """Everybody starts."""
        kernel, scenario = self.kernel, self.scenario
        self.served.start()
        for number in range(scenario.workers):
            self._start_worker(number)
        for one in self._actors:
            one.start()
        for at in scenario.edits:
            kernel.after(at, self.author.edit)
        for at in scenario.stops:
            kernel.after(at, self._stop_a_worker)
        kernel.after(scenario.calm_from, self._calm_down)

    @property
    def is_over(self) -> bool:
        """Everybody has done what they came for, and no run goes on."""
        return all(one.is_done for one in self._actors) and not self.store.open_runs and not self.store.has_due_retries

    def mortal(self, name: str) -> Process:
        """A process on a host of its own, whose clock is a little wrong."""
        process = self.kernel.process(name)
        process.own["skew"] = (self.kernel.random.random() - 0.5) * 0.2
        return process

    def _calm_down(self) -> None:
        self.faults.rates = CALM
        self.faults.away_until = 0.0
        self.habits = pipelines.GOOD

    def _start_worker(self, number: int) -> None:
        process = self.mortal(f"worker {number + 1} since {self.kernel.now:.3f}")

        def end(_how: str) -> None:
            self._workers[number] = None
            self.kernel.after(self.kernel.moment(1.0), lambda: self._start_worker(number))

        def work() -> None:
            worker = Worker(
                SETTINGS, CodeSource(module="pipelines"), self.store.opened(), patience_seconds=PATIENCE_SECONDS
            )
            self._workers[number] = worker
            try:
                worker.run()
            except StoreUnavailableError:
                self.faults.tell("exit", process, "no database at its start")
            else:
                self.faults.tell("exit", process, "it was told to stop")
            self.kernel.kill(process, "exit code 0")

        process.on_end = end
        self.kernel.spawn(process, work)

    def _stop_a_worker(self) -> None:
        living = [one for one in self._workers if one is not None]
        if living:
            worker = self.kernel.random.choice(living)
            self.faults.tell("stop", worker.id, "by a signal")
            worker.stop()

    def _hear_of(self, thread: Thread, error: Exception) -> None:
        if isinstance(error, DalsegnoError) and thread.process.own.get("may_fail"):
            return
        told = f"{type(error).__name__}: {error}"
        self.journal.append(Unexpected(at=self.kernel.now, process=thread.process.name, thread=thread.name, error=told))
