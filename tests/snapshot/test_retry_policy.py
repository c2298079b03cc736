"""The delay before each retry, as its backoff and jitter say."""

from __future__ import annotations

import pytest

from dalsegno.snapshot.retry_policy import Backoff, Jitter, RetryPolicy


@pytest.mark.parametrize(
    ("backoff", "delays"),
    [
        (None, [2.0, 2.0, 2.0, 2.0]),
        (Backoff.LINEAR, [2.0, 4.0, 6.0, 8.0]),
        (Backoff.EXPONENTIAL, [2.0, 4.0, 8.0, 16.0]),
    ],
    ids=str,
)
def test_a_backoff_makes_the_delay_grow(backoff, delays):
    policy = RetryPolicy(max_retries=4, delay=2.0, backoff=backoff)
    assert [policy.delay_before(retry, 0.5) for retry in (1, 2, 3, 4)] == delays


@pytest.mark.parametrize(
    ("jitter", "chance", "delay"),
    [
        (Jitter.FULL, 0.0, 0.0),
        (Jitter.FULL, 0.25, 2.0),
        (Jitter.PLUS_MINUS, 0.0, 6.0),
        (Jitter.PLUS_MINUS, 0.5, 8.0),
        (Jitter.PLUS_MINUS, 0.75, 9.0),
        (None, 0.25, 8.0),
    ],
)
def test_a_jitter_spreads_it(jitter, chance, delay):
    assert RetryPolicy(delay=2.0, backoff=Backoff.EXPONENTIAL, jitter=jitter).delay_before(3, chance) == delay


def test_no_delay_is_below_zero():
    assert RetryPolicy(delay=2.0, jitter=Jitter.PLUS_MINUS).delay_before(1, 0.0) == 0.0
    assert RetryPolicy().delay_before(1, 0.9) == 0.0


@pytest.mark.parametrize("retry", [20, 1_000, 100_000])
def test_a_delay_grows_to_a_day_at_most_unless_it_was_longer_from_the_start(retry):
    assert RetryPolicy(delay=2.0, backoff=Backoff.EXPONENTIAL).delay_before(retry, 0.0) == 86_400.0
    assert RetryPolicy(delay=200_000.0, backoff=Backoff.EXPONENTIAL).delay_before(retry, 0.0) == 200_000.0
