"""A worker that finds nothing to claim among very many runs does not spend its time on looking."""

from __future__ import annotations

import pytest

from dalsegno.worker import claim_pace
from dalsegno.worker.claim_pace import ClaimPace


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(claim_pace, "monotonic", made)
    return made


def test_a_quick_look_may_be_followed_by_another_at_once(clock: Clock) -> None:
    pace = ClaimPace()
    assert pace.seconds_left == 0
    pace.found_nothing(0.002)
    assert pace.seconds_left == 0


def test_a_long_look_is_followed_by_a_rest_of_ten_times_its_length_or_a_second(clock: Clock) -> None:
    pace = ClaimPace()
    pace.found_nothing(0.05)
    assert pace.seconds_left == pytest.approx(0.5)
    clock.now += 0.6
    assert pace.seconds_left == 0
    pace.found_nothing(5.0)
    assert pace.seconds_left == 1.0
