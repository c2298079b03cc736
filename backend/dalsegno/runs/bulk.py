"""Bulks: many runs that are re-executed or cancelled together, each with what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from dalsegno.errors import RunAlreadyFinishedError
from dalsegno.runs.status import ReexecutionStrategy, RunStatus

# The tag that every run launched by a bulk has; its value is the bulk's id.
BULK_TAG = "dalsegno/bulk"
# More runs are not taken into one bulk.
MOST_RUNS = 10_000

SAME_WORK_TWICE = (
    "A newer run of the same group matches too and is the one re-executed; both would be the same work twice."
)


class BulkAction(StrEnum):
    """What a bulk does with each of its runs."""

    REEXECUTE = "REEXECUTE"
    CANCEL = "CANCEL"


class BulkOutcome(StrEnum):
    """What came of one run of a bulk."""

    # Not its turn yet; so it stays where the bulk is cancelled.
    WAITING = "WAITING"
    # Re-executed, by another run.
    LAUNCHED = "LAUNCHED"
    # Asked to be cancelled.
    CANCELED = "CANCELED"
    REFUSED = "REFUSED"


class Bulk(msgspec.Struct, frozen=True, kw_only=True):
    """A bulk, and how far it is."""

    bulk_id: str
    action: BulkAction
    # How each run is re-executed; None for a bulk that cancels.
    strategy: ReexecutionStrategy | None = None
    started_at: datetime
    launched_by: str | None = None
    reason: str | None = None
    # Of its runs: all, those re-executed or cancelled so far, those refused.
    total: int = 0
    launched: int = 0
    refused: int = 0
    # Nothing more will come of it.
    done: bool = False
    # Ended before every run had its turn.
    canceled: bool = False


class MatchingRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that a bulk's filter lets through."""

    run_id: str
    root_run_id: str
    status: RunStatus


class BulkRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a bulk."""

    # From 0, in the order in which they are taken.
    position: int
    run_id: str
    outcome: BulkOutcome = BulkOutcome.WAITING
    # Why it was refused.
    message: str | None = None


def runs_of_bulk(action: BulkAction, matching: Iterable[MatchingRun]) -> list[BulkRun]:
    """The runs of a bulk as it starts, oldest first: those refused already that never can have their turn.

    Of several runs of one group only the newest is re-executed; what has ended is not cancelled.
    """
    oldest_first = sorted(matching, key=lambda one: one.run_id)
    newest = {one.root_run_id: one.run_id for one in oldest_first}
    found = []
    for position, one in enumerate(oldest_first):
        message = None
        if action is BulkAction.CANCEL and one.status.has_ended:
            error = RunAlreadyFinishedError(run_id=one.run_id, status=one.status)
            message = told_of_many(error.message, one.run_id)
        elif action is BulkAction.REEXECUTE and newest[one.root_run_id] != one.run_id:
            message = SAME_WORK_TWICE
        outcome = BulkOutcome.WAITING if message is None else BulkOutcome.REFUSED
        found.append(BulkRun(position=position, run_id=one.run_id, outcome=outcome, message=message))
    return found


def told_of_many(message: str, run_id: str) -> str:
    """Why a run is refused, in the words that fit every run refused for the same reason."""
    return message.replace(f"Run {run_id}", "The run").replace(f"run {run_id}", "the run")
