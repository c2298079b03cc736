"""The eight promises, kept in worlds where everything that can break does: each seed is another one."""

from __future__ import annotations

import pytest

from tests.faults.simulation.simulation import simulate

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


def test_other_seeds_are_other_worlds() -> None:
    assert len({simulate(seed).history.digest for seed in range(5)}) == 5
