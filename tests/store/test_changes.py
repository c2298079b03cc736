"""Waiting for news: whoever writes, whoever waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from dalsegno.runs.status import RunStatus
from dalsegno.store.changes import Changes
from dalsegno.store.database import Database
from dalsegno.store.leases import request_cancel
from dalsegno.store.pipelines import publish
from dalsegno.store.queue import claim
from dalsegno.store.run_progress import RunBatch, append
from tests.store.records import LEASE, SNAPSHOT, at, created, launched, lease_of, log, run_named

DEADLINE = 20.0  # seconds


@pytest.fixture
def changes(database: Database) -> Iterator[Changes]:
    with Changes(database) as opened:
        # Its listener has begun once this returns.
        opened.wait_sync(0.001)
        yield opened


def _create(database: Database) -> None:
    database.write(created(run_named("another", status=RunStatus.QUEUED), lease=None))


def _append(database: Database) -> None:
    database.write(append("run", LEASE.token, RunBatch(events=(log("hello"),))))


def _publish(database: Database) -> None:
    database.write(publish([SNAPSHOT], at(0)))


def _cancel(database: Database) -> None:
    database.write(request_cancel("run"))


def _claim(database: Database) -> None:
    database.write(claim("one", [SNAPSHOT.id], lease_of("one")))


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(_create, id="a run is created"),
        pytest.param(_append, id="something happens in a run"),
        pytest.param(_publish, id="a pipeline is published"),
        pytest.param(_cancel, id="a run is to be cancelled"),
        pytest.param(_claim, id="a run is claimed"),
    ],
)
def test_what_another_connection_writes_is_news(
    database_url: str, database: Database, changes: Changes, write: Callable[[Database], None]
) -> None:
    database.write(launched(run_named("run")))
    database.write(created(run_named("waiting", status=RunStatus.QUEUED), lease=None))
    while changes.wait_sync(0.1):
        pass
    other = Database.open(database_url)
    mark = changes.mark
    write(other)
    assert changes.wait_sync(DEADLINE, after=mark)
    other.close()


def test_without_news_a_wait_ends_by_its_timeout(changes: Changes) -> None:
    while changes.wait_sync(0.1):
        pass
    assert not changes.wait_sync(0.05, after=changes.mark)


def test_what_comes_between_a_read_and_the_wait_is_not_missed(database: Database, changes: Changes) -> None:
    mark = changes.mark
    database.write(publish([SNAPSHOT], at(0)))
    # The news have come, and nobody waited.
    assert changes.wait_sync(DEADLINE, after=mark)
    assert changes.wait_sync(DEADLINE, after=mark)


def test_all_who_wait_are_woken_in_threads_and_on_loops(database: Database, changes: Changes) -> None:
    while changes.wait_sync(0.1):
        pass
    with Changes(database) as second:
        mark = changes.mark
        woken: list[bool] = []
        threads = [
            threading.Thread(target=lambda one=one: woken.append(one.wait_sync(DEADLINE, after=mark)))
            for one in (changes, second)
        ]
        for thread in threads:
            thread.start()

        async def wait() -> None:
            waits = [asyncio.create_task(one.wait(DEADLINE, after=mark)) for one in (changes, second, second)]
            await asyncio.to_thread(database.write, publish([SNAPSHOT], at(0)))
            woken.extend(await asyncio.gather(*waits))

        asyncio.run(wait())
        for thread in threads:
            thread.join()
    assert woken == [True] * 5


def test_who_asks_is_called_at_each_news_until_it_has_enough(database: Database, changes: Changes) -> None:
    while changes.wait_sync(0.1):
        pass
    called = threading.Semaphore(0)
    with changes.calling(called.release):
        for number in range(2):
            database.write(publish([SNAPSHOT], at(number)))
            assert called.acquire(timeout=DEADLINE)


def test_nothing_is_left_when_the_last_one_closes(database: Database) -> None:
    with Changes(database) as one, Changes(database) as two:
        one.wait_sync(0.001)
        two.wait_sync(0.001)
        assert _listeners() == 1
    assert _listeners() == 0


def _listeners() -> int:
    return sum(thread.name == "dalsegno-changes" for thread in threading.enumerate())
