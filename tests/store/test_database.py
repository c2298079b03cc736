"""Opening, transactions and what becomes of a database that can't be used."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent

import pytest
from msgspec.structs import replace
from sqlalchemy import select, text, type_coerce
from sqlalchemy.exc import DBAPIError, IntegrityError

import dalsegno
from dalsegno.errors import StoreUnavailableError
from dalsegno.store.column_types import Instant
from dalsegno.store.database import Database, parse_url
from dalsegno.store.events import fetch_events
from dalsegno.store.run_filter import RunFilter
from dalsegno.store.run_progress import RunBatch, append
from dalsegno.store.runs import create_run, fetch_run, list_runs
from dalsegno.store.snapshots import save_snapshot
from dalsegno.store.statements import database_now
from tests.postgres_server import execute
from tests.store.records import LEASE, SNAPSHOT, created, launched, log, plan_of, run_named

# The package and these tests.
PYTHON = {"PYTHONPATH": f"{Path(dalsegno.__file__).parents[1]}:{Path(__file__).parents[2]}"}


def scalar(statement):
    rows = yield text(statement)
    return rows[0][0]


def count(table):
    return scalar(f"SELECT count(*) FROM {table}")


def processes(number, program, *arguments):
    """The same program in several processes at once; what each printed."""
    begun = [
        subprocess.Popen(
            [sys.executable, "-c", dedent(program), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=PYTHON,
        )
        for _ in range(number)
    ]
    # Each waits for this line when all its modules are loaded.
    for process in begun:
        process.stdout.readline()
    for process in begun:
        process.stdin.write(b"go\n")
        process.stdin.flush()
    ended = [process.communicate(timeout=60) for process in begun]
    assert [err.decode() for _, err in ended] == [""] * number
    return [out.decode().strip() for out, _ in ended]


def test_a_new_database_is_made_once_and_keeps_what_is_written(empty_database_url):
    first = Database.open(empty_database_url)
    first.write(created(run_named("r")))
    first.close()
    second = Database.open(empty_database_url, create=False)
    assert second.read(fetch_run("r")) == run_named("r")
    second.close()


def test_several_processes_may_open_a_new_database_at_once(empty_database_url):
    program = """
        import sys
        from dalsegno.store.database import Database
        print("ready", flush=True)
        sys.stdin.readline()
        Database.open(sys.argv[1]).close()
        print("opened")
    """
    assert processes(4, program, empty_database_url) == ["opened"] * 4


def test_several_processes_may_write_at_once(database_url):
    Database.open(database_url).close()
    program = """
        import sys
        from dalsegno.store.database import Database
        from dalsegno.store.snapshots import save_snapshot
        from tests.drawing import draw
        database = Database.open(sys.argv[1])
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(30):
            database.write(save_snapshot(draw("a -> b", name=f"of {id(database)} {number}")))
        print("written")
        database.close()
    """
    assert processes(3, program, database_url) == ["written"] * 3


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_process_that_forgets_to_close_its_database_ends_in_silence(database_url, way):
    program = f"""
        import asyncio, sys
        from dalsegno.store.database import Database
        from dalsegno.store.runs import fetch_run
        database = Database.open(sys.argv[1])
        print("ready", flush=True)
        sys.stdin.readline()
        if {way == "async"}:
            asyncio.run(database.read_async(fetch_run("r")))
        else:
            database.read(fetch_run("r"))
        print("read")
    """
    assert processes(1, program, database_url) == ["read"]


def test_a_script_that_raises_leaves_nothing(store):
    def half():
        yield from created(run_named("r"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.write(half())
    assert store.read(list_runs(RunFilter(), 10)) == []
    store.write(created(run_named("r")))


def test_a_violated_constraint_passes_as_it_is_and_leaves_nothing(store):
    def twice():
        yield from created(run_named("r"))
        yield from created(run_named("r"))

    with pytest.raises(IntegrityError):
        store.write(twice())
    assert store.read(list_runs(RunFilter(), 10)) == []


def test_a_reading_script_can_not_write(store):
    with pytest.raises((StoreUnavailableError, DBAPIError)):
        store.read(save_snapshot(SNAPSHOT))
    assert store.read(count("snapshots")) == 0


def test_a_reading_script_sees_one_state_whatever_is_written_meanwhile(database):
    database.write(launched(run_named("r")))

    def before_and_after():
        before = yield from fetch_events("r")
        with ThreadPoolExecutor(1) as other:
            other.submit(database.write, append("r", LEASE.token, RunBatch(events=(log("x"),)))).result()
        after = yield from fetch_events("r")
        return before, after

    # Async on a loop of its own: on Postgres, a sync script would wait for the thread that it runs in.
    before, after = _on_its_own_loop(database, before_and_after())
    assert before == after
    assert len(database.read(fetch_events("r"))) == 2


def test_many_threads_may_read_and_write_at_once(database):
    database.write(save_snapshot(SNAPSHOT))

    def write_and_read(number):
        run = run_named(f"r{number:02}")
        database.write(create_run(run, plan_of(run)))
        return database.read(fetch_run(run.run_id)) == run

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(write_and_read, range(64)))
    assert len(database.read(list_runs(RunFilter(), 100))) == 64


def test_one_database_serves_several_event_loops(database):
    async def write_and_read(run_id):
        await database.write_async(created(run_named(run_id)))
        found = await asyncio.gather(*(database.read_async(fetch_run(run_id)) for _ in range(5)))
        await database.close_async()
        return [run.run_id for run in found]

    for run_id in ("first", "second"):
        assert asyncio.run(write_and_read(run_id)) == [run_id] * 5


def test_the_database_tells_the_time_in_utc(store):
    def clock():
        rows = yield select(type_coerce(database_now(), Instant))
        return rows[0][0]

    # A zone taken for UTC would be off by more.
    assert abs(store.read(clock()) - datetime.now(UTC)) < timedelta(minutes=10)


@pytest.mark.parametrize(
    ("url", "shown", "said"),
    [
        pytest.param("mysql://ann:secret@host/x", "mysql://ann@host/x", "'mysql' is not known", id="another database"),
        pytest.param("runs.db", "the given URL", "not a database URL", id="a path"),
        pytest.param("postgresql://ann:secret@host:port/x", "the given URL", "not a database URL", id="no port"),
        pytest.param("sqlite://", "sqlite://", "names no file", id="no file"),
        pytest.param("sqlite:///:memory:", "sqlite:///:memory:", "names no file", id="in memory"),
        pytest.param(
            "postgresql+asyncpg://ann:secret@127.0.0.1:1/runs?password=secret",
            "postgresql://ann@127.0.0.1:1/runs",
            "Connect call failed",
            id="no server there",
        ),
    ],
)
def test_a_url_that_can_not_be_used_is_refused_without_its_password(url, shown, said):
    with pytest.raises(StoreUnavailableError) as refused:
        Database.open(url)
    assert refused.value.database == shown
    assert said in refused.value.problem
    assert "secret" not in refused.value.message


@pytest.mark.parametrize(
    ("given", "name", "shown"),
    [
        pytest.param("postgres://ann:secret@host/x", "postgresql+asyncpg", "postgres://ann@host/x", id="postgres"),
        pytest.param("postgresql://h/x", "postgresql+asyncpg", "postgresql://h/x", id="postgresql"),
        pytest.param("postgresql+asyncpg://h/x", "postgresql+asyncpg", "postgresql://h/x", id="asyncpg"),
        pytest.param("sqlite:////folder/x.db", "sqlite", "/folder/x.db", id="sqlite"),
        pytest.param("sqlite+aiosqlite:////folder/x.db", "sqlite+aiosqlite", "/folder/x.db", id="aiosqlite"),
    ],
)
def test_a_database_may_be_named_in_several_ways(given, name, shown):
    parsed, display_name = parse_url(given)
    assert (parsed.drivername, display_name) == (name, shown)


def test_the_ssl_mode_of_libpq_is_understood():
    assert parse_url("postgresql://h/x?sslmode=require")[0].query == {"ssl": "require"}


def test_folders_up_to_a_new_file_are_made_and_the_path_is_fixed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    database = Database.open("sqlite:///new/folder/runs.db")
    monkeypatch.chdir("/")
    database.write(created(run_named("r")))
    assert database.display_name == str(tmp_path / "new/folder/runs.db")
    database.close()
    assert (tmp_path / "new/folder/runs.db").exists()


@pytest.mark.parametrize(
    ("make", "place", "said"),
    [
        pytest.param(lambda path: path.mkdir(), "runs.db", "can't be opened", id="a folder"),
        pytest.param(
            lambda path: path.write_text("text " * 999), "runs.db", "not a SQLite database", id="another file"
        ),
        pytest.param(
            lambda path: path.write_text("text"), "runs.db/new/runs.db", "folder can't be made", id="below a file"
        ),
    ],
)
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path, make, place, said):
    path = tmp_path / "runs.db"
    make(path)
    before = path.read_text() if path.is_file() else list(path.iterdir())
    with pytest.raises(StoreUnavailableError) as refused:
        Database.open(f"sqlite:///{tmp_path / place}")
    assert said in refused.value.problem
    assert before == (path.read_text() if path.is_file() else list(path.iterdir()))


def test_a_file_that_is_not_there_is_not_made_where_that_is_not_wanted(tmp_path):
    with pytest.raises(StoreUnavailableError, match="no such file"):
        Database.open(f"sqlite:///{tmp_path}/none.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_full_database_refuses_to_write_and_goes_on_reading(tmp_path):
    database = Database.open(f"sqlite:///{tmp_path}/runs.db")
    database.write(launched(run_named("r")))
    pages = database.write(scalar("PRAGMA page_count"))
    database.write(scalar(f"PRAGMA max_page_count = {pages}"))
    large = RunBatch(events=(log("x" * 1_000_000),))
    with pytest.raises(StoreUnavailableError) as refused:
        database.write(append("r", LEASE.token, large))
    assert refused.value.problem == "its disk is full"
    assert len(database.read(fetch_events("r"))) == 1
    database.write(scalar("PRAGMA max_page_count = 100000"))
    assert database.write(append("r", LEASE.token, large)).last_number == 2
    database.close()


def test_a_database_locked_by_another_is_waited_for(tmp_path):
    url = f"sqlite:///{tmp_path}/runs.db"
    one, other = Database.open(url), Database.open(url)
    one.write(launched(run_named("r")))

    with ThreadPoolExecutor(1) as threads:

        def slowly():
            yield text("UPDATE runs SET reason = 'held'")
            waiting = threads.submit(other.write, append("r", LEASE.token, RunBatch(events=(log("x"),))))
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.2)
            return waiting

        waiting = one.write(slowly())
        assert waiting.result().last_number == 2
    for database in (one, other):
        database.close()


def test_a_connection_that_the_server_has_closed_is_replaced(postgres, empty_postgres_url):
    database = Database.open(empty_postgres_url)
    database.write(created(run_named("r")))
    name = parse_url(empty_postgres_url)[0].database
    execute(postgres, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    assert database.read(fetch_run("r")) == run_named("r")
    database.write(created(replace(run_named("after"), reason="the server came back")))
    database.close()


def _on_its_own_loop(database, script):
    async def read():
        try:
            return await database.read_async(script)
        finally:
            await database.close_async()

    return asyncio.run(read())
