"""How durations, times and ids are written."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from dalsegno.plan.plan import Action
from dalsegno.run_id import new_run_id
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.terminal.words import SHORT_ID, duration, recent, short_ids, status_sign, style_of

SECOND = 1000.0
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (None, ""),
        (0.0, "0 ms"),
        (999.4, "999 ms"),
        (999.6, "1.0 s"),
        (1.24 * SECOND, "1.2 s"),
        (9.96 * SECOND, "10 s"),
        (59.4 * SECOND, "59 s"),
        (59.6 * SECOND, "1 min 0 s"),
        (3 * MINUTE + 4 * SECOND, "3 min 4 s"),
        (59 * MINUTE + 59.7 * SECOND, "1 h 0 min"),
        (2 * HOUR + 5 * MINUTE, "2 h 5 min"),
        (27 * HOUR, "1 d 3 h"),
    ],
)
def test_a_duration_is_rounded_to_what_a_reader_needs(milliseconds, words):
    assert duration(milliseconds) == words


NOON = datetime(2026, 11, 22, 12, 0, 0).astimezone()


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (NOON - timedelta(hours=2, seconds=1), "09:59:59"),
        (NOON - timedelta(days=1), "Nov 21 12:00"),
        (NOON - timedelta(days=400), "2025-10-18"),
    ],
)
def test_a_recent_time_is_told_without_the_date_that_is_plain_anyway(time, words):
    assert recent(time, NOON) == words


def test_short_ids_are_beginnings_that_tell_the_runs_apart():
    ids = [new_run_id() for _ in range(200)] + ["0195a1b2-c3d4-7000-aaaa", "0195a1b2-c3d4-7000-aaab"]
    short = short_ids(ids)
    assert all(run_id.startswith(name) and len(name) >= SHORT_ID for run_id, name in short.items())
    for name in short.values():
        assert sum(run_id.startswith(name) for run_id in ids) == 1


@pytest.mark.parametrize("status", [*RunStatus, *StepStatus], ids=repr)
def test_every_state_has_a_sign_and_a_style(status):
    assert len(status_sign(status)) == 1
    assert style_of(status)


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_a_style(action):
    assert style_of(action)
