"""A database that is away for a while: runs go on when it is back, and are recorded once."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asyncpg.exceptions import InvalidAuthorizationSpecificationError, InvalidPasswordError
from msgspec.structs import replace
from sqlalchemy import func, literal, select

from dalsegno import Instance, execute_pipeline, pipeline, step
from dalsegno.errors import StoreUnavailableError
from dalsegno.output_storage import OutputStorage
from dalsegno.runs.status import RunStatus, StepStatus
from dalsegno.store import sqlite_driver
from dalsegno.store.abandoned_runs import has_expired
from dalsegno.store.database import Database
from dalsegno.store.driver_errors import TranslatedErrors
from dalsegno.store.lease_watch import LeaseWatch
from dalsegno.store.queue import claim
from dalsegno.store.runs import fetch_run
from dalsegno.store.tables import runs
from dalsegno.worker.outages import Patience, script_waits, worker_waits
from dalsegno.worker.worker import run_worker
from tests.faults.outages import Outage, PostgresOutage, SilentPostgres, outage_of
from tests.store.records import SNAPSHOT, at, launched, lease_of, run_named
from tests.waiting import until
from tests.worker.site import Site

CODE = """
@step
def first():
    return 1

@step
def held(one):
    gate("held")
    return one + 1

@step
def beside(one):
    gate("beside")
    return one + 1

@step
def last(two, three):
    note("last", os.getpid())
    return two + three

@pipeline
def diamond():
    one = first()
    last(held(one), beside(one))
"""


@pytest.fixture
def outage(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outage]:
    # Who waits for a lock is told so soon.
    monkeypatch.setitem(sqlite_driver._CONNECT, "timeout", 0.2)
    made = outage_of(site.settings.database_url)
    yield made
    made.close()


def lease_has_expired(site: Site, run_id: str) -> bool:
    def asked():
        rows = yield select(runs.c.run_id).where(runs.c.run_id == run_id, has_expired)
        return bool(rows)

    return site.database.read(asked())


def test_runs_go_on_after_an_outage_longer_than_their_lease_and_no_attempt_is_lost(
    site: Site, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    site.write(CODE)
    worker = site.start_here(database_url=outage.url)
    worker.until_serving()
    run_id = site.launch("diamond")
    site.until_running(run_id, "held")
    site.until_running(run_id, "beside")
    # It looks for runs to take over as well, from its start to its end.
    other = site.start(database_url=outage.url)
    other.until_serving()
    outage.begin()
    # What goes on goes on, also to its end; nothing begins.
    site.open("beside")
    until(lambda: lease_has_expired(site, run_id), what="the end of the lease")
    until(lambda: "steps go on meanwhile" in caplog.text, what="a worker that waits")
    assert site.instance.step_states(run_id)["beside"].status is StepStatus.RUNNING
    outage.end()
    until(lambda: site.statuses(run_id)["beside"] is StepStatus.SUCCESS, what="the record of what was done meanwhile")
    site.open("held")
    assert site.ended(run_id).status is RunStatus.SUCCESS
    states = site.instance.step_states(run_id)
    assert {key: len(state.attempts) for key, state in states.items()} == dict.fromkeys(states, 1)
    assert site.kinds(run_id).count("RUN_CLAIMED") == 1
    numbers = [event.number for event in site.instance.events(run_id)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_nothing_begins_while_it_could_not_be_recorded(
    site: Site, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    site.write(CODE)
    site.start_here(database_url=outage.url).until_serving()
    run_id = site.launch("diamond")
    site.until_running(run_id, "held")
    site.until_running(run_id, "beside")
    outage.begin()
    site.open("beside")
    until(lambda: "steps go on meanwhile" in caplog.text, what="a worker that waits")
    site.open("held")
    until(lambda: lease_has_expired(site, run_id), what="the end of the lease")
    assert not (site.folder / "last").exists()
    outage.end()
    assert site.ended(run_id).status is RunStatus.SUCCESS
    assert len(site.notes("last")) == 1


def test_a_worker_that_is_started_in_an_outage_waits_for_its_end(
    tmp_path: Path, empty_postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(tmp_path, empty_postgres_url)
    way = PostgresOutage(empty_postgres_url)
    try:
        site.write(CODE)
        way.begin()
        worker = site.start_here(database_url=way.url)
        until(lambda: "It is waited for." in caplog.text, what="a worker that waits")
        assert worker.record is None
        way.end()
        worker.until_serving()
        for gate in ("held", "beside"):
            site.open(gate)
        assert site.run("diamond").status is RunStatus.SUCCESS
        worker.end()
        way.begin()
        caplog.clear()
        worker = site.start_here(database_url=way.url)
        until(lambda: "It is waited for." in caplog.text, what="a worker that waits")
        worker.end()
    finally:
        site.close()
        way.close()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda url: url.replace("/test_", "/no_such_"), "does not exist"),
        (lambda url: url.replace("postgresql+asyncpg", "mysql"), "is not known here"),
        (lambda _url: "postgresql+asyncpg://nobody@:port/", "it is not a database URL"),
    ],
    ids=["a database that does not exist", "another kind of database", "no address"],
)
def test_a_worker_does_not_wait_for_what_will_never_be(
    sqlite_site: Site, empty_postgres_url: str, change: Callable[[str], str], problem: str
) -> None:
    sqlite_site.write(CODE)
    settings = replace(sqlite_site.settings, database_url=change(empty_postgres_url))
    with pytest.raises(StoreUnavailableError, match=problem) as refused:
        run_worker(settings, file=sqlite_site.file)
    assert not refused.value.may_pass


@pytest.mark.parametrize("refusal", [InvalidPasswordError, InvalidAuthorizationSpecificationError])
def test_to_wait_does_not_let_in_whom_the_server_refuses(refusal: type[Exception]) -> None:
    with pytest.raises(StoreUnavailableError) as told, TranslatedErrors("this one"):
        raise refusal("password authentication failed")
    assert told.value.problem == "password authentication failed"
    assert not told.value.may_pass


def test_code_that_is_loaded_and_then_broken_in_an_outage_is_published_once_that_is_over(
    site: Site, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "dalsegno")
    site.write(CODE)
    worker = site.start_here(database_url=outage.url)
    worker.until_serving()
    before = site.snapshot("diamond").id
    outage.begin()
    site.write(CODE.replace("one + 1", "one + 2"))
    until(lambda: caplog.text.count("Loaded ") == 2, what="the code as it was edited")
    site.write("def (")
    until(lambda: "SyntaxError" in caplog.text, what="the code as it was broken")
    outage.end()
    until(lambda: site.snapshot("diamond").id != before, what="the last code that was good")
    until(lambda: worker.record and worker.record.load_error, what="a worker that says that its code is broken")
    assert worker.record is not None
    assert site.snapshot("diamond").id in worker.record.loaded_snapshot_ids


def test_a_worker_that_was_cut_off_while_another_took_its_run_over_stops_its_steps(
    tmp_path: Path, empty_postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(tmp_path, empty_postgres_url)
    way = PostgresOutage(empty_postgres_url)
    try:
        site.write(CODE)
        # Both have the grace to end by themselves, so that what ends them here is the lease alone.
        site.start_here(database_url=way.url).until_serving()
        run_id = site.launch("diamond")
        site.until_running(run_id, "held")
        site.until_running(run_id, "beside")
        way.begin()
        # With a way of its own.
        site.start().until_serving()
        stale = set(site.reached("held", 2)[:1] + site.reached("beside", 2)[:1])
        way.end()
        until(lambda: "Its steps here were stopped" in caplog.text, what="the worker that has lost its lease")
        until(lambda: not stale & set(site.processes()), what="the end of its steps")
        for gate in ("held", "beside"):
            site.open(gate)
        assert site.ended(run_id).status is RunStatus.SUCCESS
        attempts = site.step(run_id, "held").attempts
        assert [one.status for one in attempts] == [StepStatus.LOST, StepStatus.SUCCESS]
    finally:
        site.close()
        way.close()


def test_a_worker_told_to_stop_in_an_outage_ends_within_its_grace_and_loses_the_attempts_in_flight_alone(
    site: Site, outage: Outage, caplog: pytest.LogCaptureFixture
) -> None:
    site.write(CODE)
    worker = site.start_here(database_url=outage.url, grace_seconds=0.2)
    worker.until_serving()
    run_id = site.launch("diamond")
    site.until_running(run_id, "held")
    outage.begin()
    until(lambda: "is tried again" in caplog.text, what="a worker that waits")
    worker.end()
    site.until_nothing_is_left()
    outage.end()
    for gate in ("held", "beside"):
        site.open(gate)
    site.start_here().until_serving()
    assert site.ended(run_id).status is RunStatus.SUCCESS
    assert site.step(run_id, "first").attempts[0].number == len(site.step(run_id, "first").attempts)


def test_a_script_goes_on_as_well(site: Site, outage: Outage, caplog: pytest.LogCaptureFixture) -> None:
    @step
    def first() -> int:
        outage.begin()
        return 1

    @step
    def last(one: int) -> int:
        return one + 1

    @pipeline
    def chain() -> None:
        last(first())

    def give_back() -> None:
        until(lambda: "is tried again" in caplog.text, what="a script that waits")
        outage.end()

    waiting = threading.Thread(target=give_back)
    waiting.start()
    with Instance(Database.open(outage.url), OutputStorage(site.settings.storage_url), site.settings) as instance:
        result = execute_pipeline(chain, instance=instance)
        waiting.join()
        assert result.success
        assert [len(state.attempts) for state in result.step_stats.values()] == [1, 1]


@pytest.fixture
def silence(empty_postgres_url: str) -> Iterator[SilentPostgres]:
    Database.open(empty_postgres_url).close()
    made = SilentPostgres(empty_postgres_url)
    yield made
    made.close()


async def test_a_server_that_is_silent_is_given_up_and_so_are_all_connections_to_it(silence: SilentPostgres) -> None:
    database = Database.open(silence.url, answer_seconds=2.0)

    def slow():
        yield select(func.pg_sleep(0.3))

    # Each has a connection of its own.
    await asyncio.gather(*(database.read_async(slow()) for _ in range(4)))
    silence.begin()
    with pytest.raises(StoreUnavailableError) as refused:
        await database.write_async(launched(run_named("r")))
    assert refused.value.problem == "it has not answered within 2 s (DALSEGNO_DATABASE_TIMEOUT_SECONDS)"
    assert refused.value.may_pass
    silence.end()
    # The connections of before are as silent as they were; none of them is tried.
    await database.write_async(launched(run_named("r")))
    assert await database.read_async(fetch_run("r")) is not None
    await database.close_async()
    database.close()


def test_a_statement_that_takes_long_is_given_up_unless_it_may(empty_postgres_url: str) -> None:
    database = Database.open(empty_postgres_url, answer_seconds=0.5)

    def slow():
        rows = yield select(func.pg_sleep(1.0), literal("done").label("what"))
        return rows[0].what

    with pytest.raises(StoreUnavailableError):
        database.read(slow())
    with database.unhurried():
        assert database.read(slow()) == "done"
    with pytest.raises(StoreUnavailableError):
        database.read(slow())
    database.close()


def test_a_run_goes_on_after_its_server_was_silent(
    tmp_path: Path, empty_postgres_url: str, silence: SilentPostgres, caplog: pytest.LogCaptureFixture
) -> None:
    site = Site(tmp_path, empty_postgres_url)
    try:
        site.write(CODE)
        worker = site.start_here(database_url=silence.url, database_timeout_seconds=1.0)
        worker.until_serving()
        run_id = site.launch("diamond")
        site.until_running(run_id, "held")
        site.until_running(run_id, "beside")
        silence.begin()
        for gate in ("held", "beside"):
            site.open(gate)
        until(lambda: "steps go on meanwhile" in caplog.text, what="a worker that waits")
        silence.end()
        assert site.ended(run_id).status is RunStatus.SUCCESS
        states = site.instance.step_states(run_id)
        assert {key: len(state.attempts) for key, state in states.items()} == dict.fromkeys(states, 1)
    finally:
        site.close()


@pytest.mark.parametrize(("problem", "may_pass"), [("its disk is full", False), ("it went away", True)])
def test_a_script_is_told_at_once_of_what_waiting_does_not_mend(problem: str, may_pass: bool) -> None:
    error = StoreUnavailableError(database="this one", problem=problem, may_pass=may_pass)
    assert (script_waits(error) > 0) is may_pass
    assert worker_waits(error) > 3600


def test_patience_ends_when_it_is_told_to() -> None:
    patience = Patience(worker_waits, "r")
    error = StoreUnavailableError(database="this one", problem="it went away", may_pass=True)
    tries: list[int] = []

    def fail() -> None:
        tries.append(1)
        if len(tries) == 3:
            patience.end_at(0.0)
        raise error

    with pytest.raises(StoreUnavailableError):
        patience.try_again(error, fail)
    assert len(tries) == 3


def test_after_an_outage_leases_that_ran_out_are_not_believed_at_once() -> None:
    watch = LeaseWatch(slow_seconds=3.0, settling_seconds=3600.0)
    watch.answered()
    assert watch.is_settled
    watch.answered(seconds=10.0)
    assert not watch.is_settled
    failing = LeaseWatch(slow_seconds=3.0, settling_seconds=3600.0)
    failing.failed(StoreUnavailableError(database="this one", problem="it went away"))
    failing.answered()
    assert not failing.is_settled


def test_the_time_to_renew_a_lease_begins_when_the_database_is_back() -> None:
    watch = LeaseWatch(slow_seconds=3.0, settling_seconds=0.0)
    watch.failed(StoreUnavailableError(database="this one", problem="it went away"))
    assert not watch.is_settled
    watch.answered()
    assert watch.is_settled


def test_a_run_given_back_is_claimed_while_leases_that_ran_out_are_spared(database: Database) -> None:
    database.write(launched(run_named("lost")))
    database.write(launched(run_named("given-back")))

    def make():
        yield runs.update().values(lease_expires_at=at(0), lease_holder="worker")
        yield runs.update().where(runs.c.run_id == "given-back").values(lease_token=None, lease_expires_at=None)

    database.write(make())
    claimed = [database.write(claim("w", [SNAPSHOT.id], lease_of("w"), spare_expired=True)) for _ in range(2)]
    assert [run and run.run_id for run in claimed] == ["given-back", None]
    found = database.write(claim("w", [SNAPSHOT.id], lease_of("x")))
    assert found is not None and found.run_id == "lost"


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""


def test_a_process_that_was_stopped_in_the_midst_of_a_write_is_named_and_once_it_goes_on_so_do_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sqlite_driver._CONNECT, "timeout", 0.05)
    database = Database.open(f"sqlite:///{tmp_path}/runs.db")
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "runs.db")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        holder.stdout.readline()
        holder.send_signal(signal.SIGSTOP)
        with pytest.raises(StoreUnavailableError) as refused:
            database.write(launched(run_named("r")))
        assert refused.value.problem == f"process {holder.pid} has kept it locked for too long"
        assert refused.value.may_pass
        # Who only reads is not held up.
        assert database.read(fetch_run("r")) is None
        holder.send_signal(signal.SIGCONT)
        holder.stdin.close()
        holder.wait()
    database.write(launched(run_named("r")))
    assert database.read(fetch_run("r")) is not None
    database.close()
