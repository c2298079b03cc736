"""The step processes of a worker: started when needed, kept warm, shared by its runs in turn.

Any one may die at any time: that is seen at once, concerns the run that has it alone, and another takes its place.
"""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

import msgspec

from dalsegno.worker.channel import Channel
from dalsegno.worker.channel_reader import ChannelReader, Listener
from dalsegno.worker.loaded_code import LoadedCode
from dalsegno.worker.messages import Forked, FromStepProcess, RunClosed, StepExited, decode_from_step
from dalsegno.worker.pooled_process import PooledProcess


class Granted(msgspec.Struct, frozen=True):
    """A process is free for the run that waited for one."""


class Died(msgspec.Struct, frozen=True):
    """A process that the run has, or has had, is gone: "signal 9 (SIGKILL)", "exit code 3"."""

    how: str


# Tells with which code a run is executed now; None where it is not loaded.
FindCode = Callable[[], LoadedCode | None]
# What a run is told, and by or of which process.
Told = tuple[PooledProcess, FromStepProcess | Granted | Died]


class StepPool:
    """At most `max_processes` at a time. Safe to use from several threads."""

    def __init__(self, max_processes: int, reader: ChannelReader) -> None:
        self._max_processes = max_processes
        self._reader = reader
        self._numbers = itertools.count(1)
        self._processes: dict[int, PooledProcess] = {}
        # The one that was busy last comes last, and is taken first.
        self._idle: list[PooledProcess] = []
        # Runs that wait for a process, and what tells with which code; the longest waiting first.
        self._waiting: dict[str, FindCode] = {}
        self._inboxes: dict[str, Callable[[Told], None]] = {}
        self._lock = threading.Lock()

    def join(self, run_id: str, tell: Callable[[Told], None]) -> None:
        """From now on the run is told what concerns it, from another thread."""
        with self._lock:
            self._inboxes[run_id] = tell

    def leave(self, run_id: str) -> None:
        """The run is told nothing any more, and waits for nothing."""
        with self._lock:
            self._waiting.pop(run_id, None)
            self._inboxes.pop(run_id, None)

    def take(self, run_id: str, find_code: FindCode) -> PooledProcess | None:
        """A process with this code for the run alone; None: all are busy, and the run is granted one later."""
        with self._lock:
            process = self._process_for(run_id, find_code)
            if process is None:
                self._waiting[run_id] = find_code
            else:
                process.held_by = run_id
            return process

    def give_back(self, process: PooledProcess, run_id: str) -> None:
        """The run has done with it for now; its resources stay made. Where it has done so before, nothing happens."""
        with self._lock:
            if process.held_by != run_id:
                return
            process.held_by = None
            if process.number not in self._processes or process.retired_at is not None:
                return
            for waiting_run_id, find_code in self._waiting.items():
                if find_code() is process.code:
                    self._grant(waiting_run_id, process)
                    return
            self._idle.append(process)
            self._serve_waiting()

    def retire(self, process: PooledProcess) -> None:
        """It ends when it has done what it was told, and another may take its place."""
        with self._lock:
            self._retire(process)
            self._serve_waiting()

    def close_run(self, run_id: str) -> set[PooledProcess]:
        """Has the run's resources torn down wherever they were made; those that will answer soon.

        It is granted nothing any more. Idle ones are the run's until it gives them back: a teardown that hangs is
        interrupted, and killed, and that is to hit nobody else. Others are busy with another run, and tear down when
        they have done.
        """
        with self._lock:
            self._waiting.pop(run_id, None)
            closing = self._close(run_id)
            for process in closing & set(self._idle):
                self._idle.remove(process)
                process.held_by = run_id
            return closing

    def abandon_run(self, run_id: str) -> None:
        """The same, where nobody waits for it."""
        with self._lock:
            self._close(run_id)

    def is_busy_with(self, code: LoadedCode) -> bool:
        """An attempt goes on with this code."""
        with self._lock:
            return any(one.code is code and one.held_by is not None for one in self._processes.values())

    def try_again(self) -> None:
        """There is new code: some run may have waited for it."""
        with self._lock:
            self._serve_waiting()

    def drop(self, code: LoadedCode) -> None:
        """No process with this code is needed any more."""
        with self._lock:
            for process in [one for one in self._processes.values() if one.code is code]:
                self._retire(process)
            self._serve_waiting()

    def kill_overdue(self, seconds: float) -> None:
        """Those retired for longer than this that have not ended, though no run has them: a teardown hangs."""
        with self._lock:
            for process in self._processes.values():
                overdue = process.retired_at is not None and monotonic() - process.retired_at > seconds
                if overdue and process.held_by is None:
                    process.kill()

    def code_says(self, message: Forked | StepExited) -> None:
        """What became of a process that was asked for; only called in the reading thread."""
        # The answer may come before who has asked has noted the process: that is done under the lock.
        with self._lock:
            process = self._processes.get(message.number)
        if process is None:
            return
        if isinstance(message, Forked):
            process.started(message.pid)
        else:
            self._ended(process, message.how)

    def code_ended(self, code: LoadedCode) -> None:
        """Its processes die with it; only called in the reading thread."""
        with self._lock:
            orphans = [one for one in self._processes.values() if one.code is code]
        for process in orphans:
            self._ended(process, "the process that it was forked from died")

    def close(self) -> None:
        """Let go of all processes; their code processes end them, and the channels are read no more."""
        with self._lock:
            for process in self._processes.values():
                process.ended()
                process.channel.close()
            self._processes.clear()

    def _close(self, run_id: str) -> set[PooledProcess]:
        opened = [process for process in self._processes.values() if run_id in process.open_run_ids]
        for process in opened:
            process.close_run(run_id)
        return {process for process in opened if process.held_by in (None, run_id)}

    def _process_for(self, run_id: str, find_code: FindCode) -> PooledProcess | None:
        code = find_code()
        return None if code is None else self._idle_with(code, run_id) or self._new(code)

    def _idle_with(self, code: LoadedCode, run_id: str) -> PooledProcess | None:
        fitting = [process for process in self._idle if process.code is code]
        if not fitting:
            return None
        # One that has made the run's resources is better than another.
        process = next((one for one in reversed(fitting) if run_id in one.open_run_ids), fitting[-1])
        self._idle.remove(process)
        return process

    def _new(self, code: LoadedCode) -> PooledProcess | None:
        if sum(one.retired_at is None for one in self._processes.values()) >= self._max_processes:
            if not self._idle:
                return None
            self._retire(self._idle[0])
        number = next(self._numbers)
        channel, theirs = Channel.pair()
        with theirs:
            is_asked_for = code.fork(number, theirs)
        if not is_asked_for:
            channel.close()
            return None
        process = self._processes[number] = PooledProcess(number, code, channel)
        self._reader.add(
            channel,
            Listener(
                lambda content: self._pass_on(process, decode_from_step(content)),
                # It has closed its channel, so it is of no use any more, if it lives at all.
                process.kill,
            ),
        )
        return process

    def _retire(self, process: PooledProcess) -> None:
        process.retired_at = monotonic()
        if process in self._idle:
            self._idle.remove(process)
        with suppress(OSError):
            process.channel.socket.shutdown(socket.SHUT_WR)

    def _serve_waiting(self) -> None:
        for run_id, find_code in list(self._waiting.items()):
            process = self._process_for(run_id, find_code)
            if process is not None:
                self._grant(run_id, process)

    def _grant(self, run_id: str, process: PooledProcess) -> None:
        del self._waiting[run_id]
        process.held_by = run_id
        self._inboxes[run_id]((process, Granted()))

    def _pass_on(self, process: PooledProcess, message: FromStepProcess) -> None:
        if isinstance(message, RunClosed):
            with self._lock:
                process.has_closed(message.run_id)
        tell = self._inboxes.get(message.run_id)
        if tell is not None:
            tell((process, message))

    def _ended(self, process: PooledProcess, how: str) -> None:
        process.ended()
        # What it said before it died counts.
        for content in process.channel.drain():
            self._pass_on(process, decode_from_step(content))
        self._reader.remove(process.channel)
        with self._lock:
            del self._processes[process.number]
            if process in self._idle:
                self._idle.remove(process)
            held_by = [process.held_by] if process.held_by else []
            concerned = {*process.open_run_ids, *process.closing_run_ids, *held_by}
            for tell in [self._inboxes[run_id] for run_id in concerned if run_id in self._inboxes]:
                tell((process, Died(how)))
            process.channel.close()
            self._serve_waiting()
