"""A commit whose answer was lost: what was recorded is recorded once, by whoever holds the run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dalsegno.errors import LeaseLostError, StoreUnavailableError
from dalsegno.runs.events import RunSucceeded
from dalsegno.runs.status import RunStatus
from dalsegno.store.database import Database
from dalsegno.store.events import fetch_events
from dalsegno.store.queue import claim
from dalsegno.store.runs import fetch_run
from dalsegno.store.tables import runs
from dalsegno.worker.outages import Patience, worker_waits
from dalsegno.worker.run_execution import Ending
from dalsegno.worker.run_recorder import CommitPolicy, RunRecorder
from tests.store.records import LEASE, SNAPSHOT, at, launched, lease_of, log, run_named


class Deaf(Database):
    """Does what is written, but who asked for it is told otherwise, as where a connection breaks at its commit."""

    answers_lost = 0
    loses_answers = False

    def write(self, script):
        answer = super().write(script)
        if self.loses_answers:
            self.loses_answers = False
            self.answers_lost += 1
            raise StoreUnavailableError(database="this one", problem="it went away", may_pass=True)
        return answer


@pytest.fixture
def deaf(database_url: str) -> Iterator[Deaf]:
    database = Deaf.open(database_url)
    assert isinstance(database, Deaf)
    yield database
    database.close()


# What is recorded is committed when a test says so.
AT_THE_END = CommitPolicy(interval_seconds=3600, heartbeat_seconds=3600)


def ended(_canceled: bool) -> Ending:
    return Ending(status=RunStatus.SUCCESS, group_status=RunStatus.SUCCESS, event=RunSucceeded(), at=at(9))


def test_what_was_committed_although_the_answer_was_lost_is_recorded_once(deaf: Deaf) -> None:
    run = deaf.write(launched(run_named("r")))
    with RunRecorder(deaf, "r", LEASE.token, AT_THE_END, last_number=run.version) as recorder:
        for message in ("one", "two"):
            recorder.record(log(message)[1])
        deaf.loses_answers = True
        recorder.commit()
        recorder.record(log("three")[1])
        recorder.commit()
        deaf.loses_answers = True
        recorder.end(ended)
    assert deaf.answers_lost == 2
    kinds = [(event.number, event.kind) for event in deaf.read(fetch_events("r"))]
    assert kinds == [(1, "RUN_STARTED"), (2, "LOG"), (3, "LOG"), (4, "LOG"), (5, "RUN_SUCCEEDED")]
    ended_run = deaf.read(fetch_run("r"))
    assert ended_run is not None and ended_run.status is RunStatus.SUCCESS


def test_a_lost_answer_is_no_right_to_go_on_once_the_run_was_taken_over(deaf: Deaf) -> None:
    run = deaf.write(launched(run_named("r")))

    class TakenOver(Patience):
        def try_again(self, error, work):
            deaf.write(expire())
            assert deaf.write(claim("other", [SNAPSHOT.id], lease_of("other"))) is not None
            return super().try_again(error, work)

    def expire():
        yield runs.update().values(lease_expires_at=at(0), lease_holder="worker")

    patience = TakenOver(worker_waits, "r")
    with RunRecorder(deaf, "r", LEASE.token, AT_THE_END, last_number=run.version, patience=patience) as recorder:
        recorder.record(log("one")[1])
        deaf.loses_answers = True
        with pytest.raises(LeaseLostError):
            recorder.commit()
