"""A code process: it loads an author's code once, watches its files, and forks step processes that have it loaded.

It belongs to one worker. When that goes, it kills what it has forked, with all that steps have started, and ends.
"""

from __future__ import annotations

import gc
import os
import selectors
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import msgspec

from dalsegno.definitions.repository import Repository, load_pipelines
from dalsegno.errors import CodeLoadError
from dalsegno.output_storage import OutputStorage
from dalsegno.runs.attempts import ErrorInfo
from dalsegno.settings import Durability
from dalsegno.worker.captured_limit import give_middles_back
from dalsegno.worker.captured_streams import CapturedStreams
from dalsegno.worker.channel import Channel
from dalsegno.worker.code_watch import CodeWatch, files_beside, files_loaded, forget_byte_code
from dalsegno.worker.messages import (
    FilesChanged,
    Forked,
    FromCodeProcess,
    Loaded,
    LoadFailed,
    StepExited,
    decode_fork,
    encode,
)
from dalsegno.worker.process_family import children, end_children, is_of_other_session
from dalsegno.worker.process_ties import (
    adopt_orphans,
    be_first_out_of_memory,
    die_with_parent,
    how_it_ended,
    kill_group,
    out_of_memory_kills,
    outlive_parent,
)
from dalsegno.worker.step_process import StepProcess

POLL_SECONDS = 0.3
# The exit code of a step process that found other code than it was to have.
_OTHER_CODE = 70


class CodeOrder(msgspec.Struct, frozen=True, kw_only=True):
    """What a code process is to load, and where it finds the rest."""

    # One of the two.
    file: str | None
    module: str | None
    storage_url: str
    durability: Durability
    # Of its own, for prints of attempts that go on.
    folder: str
    # The descriptor of its channel.
    descriptor: int
    parent_pid: int
    # A step process that can't be forked loads the code itself: it must be that of these snapshots.
    only_snapshot_ids: tuple[str, ...] | None = None


def command_line(order: CodeOrder) -> list[str]:
    """What starts a process that does as ordered."""
    start = "from dalsegno.worker.code_process import main; main()"
    return [sys.executable, "-c", start, msgspec.json.encode(order).decode()]


def main() -> NoReturn:
    """The whole life of a code process, or of a step process that loads its code itself."""
    order = msgspec.json.decode(sys.argv[1], type=CodeOrder)
    # As a program's own arguments would be, for code that looks at them when it is imported.
    sys.argv[1:] = []
    die_with_parent(order.parent_pid)
    # Before the author's code may change the folder that relative paths start from.
    storage = OutputStorage(order.storage_url, order.durability)
    channel = Channel(socket.socket(fileno=order.descriptor))
    if order.only_snapshot_ids is None:
        CodeProcess(order, channel, storage).run()
    else:
        _load_and_serve(order, channel, storage)
    _end(0)


class CodeProcess:
    """Loads, tells what it has loaded, and then does what the worker asks until that is gone."""

    def __init__(self, order: CodeOrder, channel: Channel, storage: OutputStorage) -> None:
        self._order = order
        self._channel = channel
        self._storage = storage
        self._folder = Path(order.folder)
        self._repository: Repository | None = None
        self._watch: CodeWatch | None = None
        # Step processes: pid -> number.
        self._children: dict[int, int] = {}
        # What the author's code has started when it was imported.
        self._own: frozenset[int] = frozenset()
        self._out_of_memory_kills = out_of_memory_kills()

    def run(self) -> None:
        """To the end."""
        try:
            with suppress(BrokenPipeError, ConnectionResetError):
                self._load()
                outlive_parent()
                self._serve()
        finally:
            signal.set_wakeup_fd(-1)
            for pid in self._children:
                kill_group(pid)
            end_children()
            shutil.rmtree(self._folder, ignore_errors=True)
            # The worker's own folder, by whoever is the last.
            with suppress(OSError):
                self._folder.parent.rmdir()

    def _load(self) -> None:
        began = time.time()
        try:
            self._repository = _load(self._order)
        except CodeLoadError as error:
            self._watch = CodeWatch(_files_to_mend(self._order, error), began)
            self._tell(LoadFailed(_load_error(error)))
            return
        files = files_loaded()
        self._watch = CodeWatch(lambda: files, began)
        forget_byte_code()
        # Copies of this process share what it has, as long as nobody writes to it, the garbage collector neither.
        gc.collect()
        gc.freeze()
        self._tell(Loaded(tuple(one.snapshot for one in self._repository.pipelines.values())))

    def _serve(self) -> None:
        # What a step leaves behind when its process dies comes to this one.
        adopt_orphans()
        self._own = children()
        woken, waker = socket.socketpair()
        woken.setblocking(False)
        waker.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda _signal, _frame: None)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(woken, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select(POLL_SECONDS)}
                if self._channel.fileno() in ready and not self._do_as_told():
                    return
                if woken.fileno() in ready:
                    with suppress(BlockingIOError):
                        woken.recv(4096)
                self._reap()
                give_middles_back(self._folder)
                if self._watch is not None and self._watch.has_changed():
                    self._watch = None
                    self._tell(FilesChanged())

    def _do_as_told(self) -> bool:
        """Whether the worker is still there."""
        contents = self._channel.receive_now()
        if contents is None:
            return False
        for content in contents:
            self._start_step_process(decode_fork(content).number, self._channel.take_descriptor())
        return True

    def _start_step_process(self, number: int, descriptor: int) -> None:
        try:
            # A copy of a process has none of its threads: code that has started some is loaded anew instead.
            pid = self._spawn(descriptor) if threading.active_count() > 1 else self._fork(descriptor)
        except OSError as error:
            self._tell(StepExited(number, f"it could not be started: {error}"))
            return
        finally:
            os.close(descriptor)
        self._children[pid] = number
        self._tell(Forked(number, pid))

    def _fork(self, descriptor: int) -> int:
        parent_pid = os.getpid()
        with warnings.catch_warnings():
            # Threads of C libraries look after themselves.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            try:
                die_with_parent(parent_pid)
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                self._channel.close()
                assert self._repository is not None
                _serve_steps(self._order, descriptor, self._repository, self._storage)
            finally:
                _end(1)
        return pid

    def _spawn(self, descriptor: int) -> int:
        assert self._repository is not None
        order = msgspec.structs.replace(
            self._order,
            descriptor=descriptor,
            parent_pid=os.getpid(),
            only_snapshot_ids=tuple(one.snapshot.id for one in self._repository.pipelines.values()),
        )
        os.set_inheritable(descriptor, True)
        command = command_line(order)
        return os.posix_spawn(command[0], command, os.environ)

    def _reap(self) -> None:
        for pid, number in list(self._children.items()):
            try:
                ended, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                # Waited for by the author's code.
                ended, status = pid, 0
            if ended:
                # What the step has started goes with it.
                kill_group(pid)
                del self._children[pid]
                end_children(keep={*self._children, *self._own}, is_meant=is_of_other_session)
                self._tell(StepExited(number, self._how(status)))

    def _how(self, status: int) -> str:
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == _OTHER_CODE:
            return "the code has changed since, and it starts threads when imported, so it can't be had as it was"
        before, self._out_of_memory_kills = self._out_of_memory_kills, out_of_memory_kills()
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL and self._out_of_memory_kills > before:
            return f"{how_it_ended(status)}, probably by the kernel, because memory ran out"
        return how_it_ended(status)

    def _tell(self, message: FromCodeProcess) -> None:
        self._channel.send(encode(message))


def _load_and_serve(order: CodeOrder, channel: Channel, storage: OutputStorage) -> None:
    repository = _load(order)
    if {one.snapshot.id for one in repository.pipelines.values()} != set(order.only_snapshot_ids or ()):
        _end(_OTHER_CODE)
    _serve_steps(order, channel.socket.detach(), repository, storage)


def _serve_steps(order: CodeOrder, descriptor: int, repository: Repository, storage: OutputStorage) -> NoReturn:
    try:
        # A group, and a session, of its own: it is killed whole, and Ctrl-C in the worker's terminal is not for it.
        os.setsid()
        adopt_orphans()
        be_first_out_of_memory()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        channel = Channel(socket.socket(fileno=descriptor))
        with suppress(BrokenPipeError, ConnectionResetError):
            StepProcess(channel, repository, storage, CapturedStreams(Path(order.folder), storage)).serve()
    except BaseException:  # noqa: BLE001 - nothing may escape into the code process that this is a copy of
        traceback.print_exc()
        _end(1)
    _end(0)


def _load(order: CodeOrder) -> Repository:
    return load_pipelines(None if order.file is None else Path(order.file), order.module)


def _files_to_mend(order: CodeOrder, error: CodeLoadError) -> Callable[[], Iterator[str]]:
    folder = Path(order.file).parent if order.file is not None else Path.cwd()
    return lambda: files_beside(folder, error)


def _load_error(error: CodeLoadError) -> ErrorInfo:
    return ErrorInfo(class_name=CodeLoadError.__name__, message=error.message, traceback=error.traceback)


def _end(code: int) -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        # An author's code may have closed or replaced them.
        with suppress(Exception):
            stream.flush()
    # Not sys.exit: what the author's code has registered for the end of the process it registered in another one.
    os._exit(code)
