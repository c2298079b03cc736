"""Starting the service and workers: what `dalsegno dev | serve | worker | schema` do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from time import sleep
from types import FrameType

from msgspec.structs import replace
from rich.console import Console

from dalsegno.api.access import refuse_open_service
from dalsegno.errors import CodeLoadError, InvalidArgumentsError
from dalsegno.logs import set_up_logging
from dalsegno.output_storage import OutputStorage
from dalsegno.settings import Settings
from dalsegno.store.database import Database
from dalsegno.store.first_contact import opened_once_there

# What a worker may take to wind up, besides its grace period, before it is killed.
_PATIENCE_SECONDS = 10.0
# The workers of `dev` go with it, however that ends.
_WORKER_PROGRAM = (
    "import sys; from dalsegno.worker.process_ties import die_with_parent; die_with_parent(int(sys.argv.pop(1)));"
    "from dalsegno.cli import main; main()"
)


def run_service(
    settings: Settings, host: str, port: int, console: Console, *, after_listening: Callable[[], None] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM; tells the address once it answers.

    Raises InvalidArgumentsError where the port is taken, InvalidSettingError where others than this machine could
    reach it without a token, StoreUnavailableError, SchemaVersionError.
    """
    refuse_open_service(settings, host)
    set_up_logging(settings)
    with _listening(host, port) as listener, closing(_opened(settings)) as database:
        if after_listening is not None:
            after_listening()
        # Takes a second to load, in which a worker may start.
        from dalsegno.api.app import create_app, create_server

        server = create_server(create_app(settings, database, OutputStorage(settings.storage_url)), host, port)
        shown = f"http://{'127.0.0.1' if host in ('0.0.0.0', '') else host}:{listener.getsockname()[1]}"
        console.print(f"Dalsegno is at {shown} (GraphQL at /graphql)", soft_wrap=True, highlight=False)
        console.print(f"Runs are kept in {database.display_name}; stop with Ctrl-C.", soft_wrap=True, highlight=False)
        with _ended_by_signals():
            server.run(sockets=[listener])


def run_one_worker(settings: Settings, *, file: Path | None, module: str | None) -> None:
    """Serve the pipelines of a file or module until SIGINT or SIGTERM; as `dalsegno.worker.worker.run_worker`."""
    # Takes a while to load, and the service does without.
    from dalsegno.worker.worker import new_worker_id, run_worker

    worker_id = new_worker_id()
    set_up_logging(settings, worker_id=worker_id)
    run_worker(settings, file=file, module=module, worker_id=worker_id)


def run_service_with_workers(
    settings: Settings, host: str, port: int, console: Console, *, files: Sequence[Path], modules: Sequence[str]
) -> None:
    """Serve, with one worker for the pipelines of each file or module beside it; as `run_service`.

    Raises CodeLoadError besides, where there is no such file, or none is given.
    """
    if not files and not modules:
        raise CodeLoadError(source="code", problem="give a file (-f) or a module (-m)")
    for file in files:
        if not file.is_file():
            raise CodeLoadError(source=str(file), problem="there is no such file")
    # Each works on what this process was set to, whatever it would read by itself.
    environment = {
        **os.environ,
        "DALSEGNO_DATABASE_URL": settings.database_url,
        "DALSEGNO_STORAGE_URL": settings.storage_url,
    }
    workers: list[subprocess.Popen[bytes]] = []

    def start_workers() -> None:
        for code in (*(["-f", str(file)] for file in files), *(["-m", module] for module in modules)):
            program = [sys.executable, "-c", _WORKER_PROGRAM, str(os.getpid()), "worker", *code]
            workers.append(subprocess.Popen(program, env=environment))

    try:
        run_service(settings, host, port, console, after_listening=start_workers)
    finally:
        _end(workers, settings.grace_seconds + _PATIENCE_SECONDS)


def _opened(settings: Settings) -> Database:
    """Until then who asks gets no answer; Ctrl-C and SIGTERM end the process, which has nothing to lose."""
    database = opened_once_there(settings, sleep)
    assert database is not None  # nothing stops it
    return database


def embedded(settings: Settings, database_url: str | None) -> Settings:
    """The settings with another database where one is given."""
    return settings if database_url is None else replace(settings, database_url=database_url)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(1024)
        except OSError as error:
            problem = f"Can't listen on {host}, port {port} ({error.strerror}); choose another with --port or --host."
            raise InvalidArgumentsError(problem=problem) from error
        yield listener


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGINT and SIGTERM end what is within in good order; the server raises them once more when it has ended."""

    def end(_signum: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(workers: Sequence[subprocess.Popen[bytes]], patience_seconds: float) -> None:
    for worker in workers:
        if worker.poll() is None:
            worker.terminate()
    for worker in workers:
        try:
            worker.wait(patience_seconds)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            worker.kill()
            worker.wait()
