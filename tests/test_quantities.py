"""Amounts as people write them."""

from __future__ import annotations

import pytest

from dalsegno.quantities import parse_bytes, parse_seconds, shown_bytes


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1048576", 1 << 20),
        ("2GiB", 2 << 30),
        ("2 gib", 2 << 30),
        ("500MB", 500_000_000),
        ("1.5KiB", 1536),
        ("100 b", 100),
        ("1TB", 10**12),
    ],
)
def test_memory_is_written_with_a_unit_or_in_bytes(text: str, amount: int) -> None:
    assert parse_bytes(text) == amount


@pytest.mark.parametrize("text", ["", "much", "-1GiB", "0", "2 G i B", "2G", "1e9", "٣GiB", "9999999TiB", "1.GiB"])
def test_what_is_no_amount_of_memory_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="an amount of memory such as 2GiB"):
        parse_bytes(text)


@pytest.mark.parametrize(("text", "seconds"), [("90", 90.0), ("0.5", 0.5), ("1e3", 1000.0)])
def test_time_is_written_in_seconds(text: str, seconds: float) -> None:
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "-1", "nan", "inf", "5 min", "1e99"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a number of seconds above 0"):
        parse_seconds(text)


@pytest.mark.parametrize(("amount", "text"), [(500, "500 bytes"), (2 << 30, "2 GiB"), (1536, "1.5 KiB")])
def test_amounts_are_shown_with_the_unit_that_fits(amount: int, text: str) -> None:
    assert shown_bytes(amount) == text
