"""The checker has teeth: each fault put into production code is found, and named as the promise that it breaks."""

from __future__ import annotations

import pytest

from tests.faults.simulation.mutations import MUTATIONS, Mutation
from tests.faults.simulation.simulation import simulate

# Within so many seeds.
_AT_MOST = 400


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_fault_in_production_code_is_found(mutation: Mutation) -> None:
    found: set[int] = set()
    for seed in range(_AT_MOST):
        found |= {one.promise for one in simulate(seed, mutation).broken}
        if found & set(mutation.breaks):
            return
    raise AssertionError(f"{_AT_MOST} seeds have not shown it; they broke promises {sorted(found)}")
