"""The eight promises, kept in worlds where everything that can break does: each seed is another one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.simulation.simulation import replay_command, simulate

SEEDS = 500
_AT_ONCE = 25


@pytest.mark.parametrize("first", range(0, SEEDS, _AT_ONCE))
def test_every_promise_is_kept_whatever_breaks(first: int) -> None:
    for seed in range(first, first + _AT_ONCE):
        outcome = simulate(seed)
        assert not outcome.broken, str(outcome)


def test_a_seed_replays_exactly() -> None:
    for seed in (1, 2, 3):
        once, again = simulate(seed), simulate(seed)
        assert once.history.digest == again.history.digest
        assert once.switches == again.switches


def test_a_seed_replays_exactly_in_another_process() -> None:
    digest = simulate(4).history.digest
    command = [sys.executable, *replay_command(4).split()[1:]]
    # There sets and dicts are in another order.
    environment = os.environ | {"PYTHONHASHSEED": "7"}
    root = Path(__file__).parents[3]
    told = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == f"Its history: {digest}"


def test_other_seeds_are_other_worlds() -> None:
    assert len({simulate(seed).history.digest for seed in range(5)}) == 5
