"""One seed, from beginning to end."""

from __future__ import annotations

import logging

import msgspec
from msgspec.structs import replace

from tests.faults.simulation import primitives
from tests.faults.simulation.history import History, read_history
from tests.faults.simulation.mutations import Mutation, mutated
from tests.faults.simulation.pipelines import retry_limits
from tests.faults.simulation.promises import Broken, broken_promises
from tests.faults.simulation.substitution import substituted
from tests.faults.simulation.world import World, scenario_of

# So long, in virtual seconds, after nothing is broken any more, everything must have come to its end: also a run of
# steps that take their workers with them, which is retried by itself.
_TIME_TO_END = 180.0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a seed."""

    seed: int
    history: History
    broken: tuple[Broken, ...]
    virtual_seconds: float
    switches: int

    def __str__(self) -> str:
        listed = "\n".join(f"  {one}" for one in self.broken) or "  every promise is kept"
        return f"Seed {self.seed}:\n{listed}\nReplay it: {replay_command(self.seed)}"


def replay_command(seed: int) -> str:
    """Executes this seed alone, and shows what happened."""
    return f"python -m tests.faults.simulation --seed {seed}"


def simulate(seed: int, mutation: Mutation | None = None) -> Outcome:
    """Executes a seed, and judges what is left of it. Equal seeds give equal histories."""
    scenario = scenario_of(seed)
    if mutation is not None:
        scenario = replace(scenario, **mutation.scenario)
    loggers = logging.getLogger("dalsegno")
    before, loggers.disabled = loggers.disabled, True
    level = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with substituted(), mutated(mutation):
            world = World(scenario)
            primitives.enter(world.kernel)
            world.begin()
            world.kernel.run(lambda: world.is_over, deadline=scenario.calm_from + _TIME_TO_END)
            history = read_history(world.store.raw, list(world.journal), retry_limits())
            world.kernel.close()
    finally:
        loggers.disabled = before
        logging.disable(level)
    return Outcome(
        seed=seed,
        history=history,
        broken=tuple(broken_promises(history)),
        virtual_seconds=world.kernel.now,
        switches=world.kernel.switches,
    )
