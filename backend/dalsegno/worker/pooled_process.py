"""One step process, as the worker sees it."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress

from dalsegno.runs.run import Run
from dalsegno.worker.channel import Channel
from dalsegno.worker.loaded_code import LoadedCode
from dalsegno.worker.messages import CloseRun, MakeAttempt, OpenRun, Prepare, ToStepProcess, encode
from dalsegno.worker.process_ties import kill_group


class PooledProcess:
    """Given out by the pool to one run at a time, which tells it what to do."""

    def __init__(self, number: int, code: LoadedCode, channel: Channel) -> None:
        self.number = number
        self.code = code
        self.channel = channel
        # The run that has it; None: it is idle. Changed by the pool.
        self.held_by: str | None = None
        # Runs whose resources it may have made.
        self.open_run_ids: frozenset[str] = frozenset()
        # Runs whose resources it is tearing down, or is to: they wait for its answer.
        self.closing_run_ids: frozenset[str] = frozenset()
        # It gets nothing new to do since then (by the monotonic clock), and ends when it has done what it was told.
        self.retired_at: float | None = None
        self._pid: int | None = None
        self._has_ended = False
        # A signal that came before the process was there.
        self._due: signal.Signals | None = None
        self._signalling = threading.Lock()

    def __repr__(self) -> str:
        return f"<step process {self.number}, pid {self._pid}>"

    def prepare(self, run: Run, step_keys: tuple[str, ...]) -> None:
        """Check the config of these steps, and make their resources."""
        self._open(run)
        self._tell(Prepare(run.run_id, step_keys))

    def make(self, run: Run, attempt: MakeAttempt) -> None:
        """Execute one attempt."""
        self._open(run)
        self._tell(attempt)

    def close_run(self, run_id: str) -> None:
        """Tear down the run's resources, once what it is at is done."""
        self.open_run_ids -= {run_id}
        self.closing_run_ids |= {run_id}
        self._tell(CloseRun(run_id))

    def has_closed(self, run_id: str) -> None:
        """It has torn down the run's resources: because it was told to, or because it ends."""
        self.open_run_ids -= {run_id}
        self.closing_run_ids -= {run_id}

    def interrupt(self) -> None:
        """As Ctrl-C does."""
        self._signal(signal.SIGINT)

    def kill(self) -> None:
        """End it now, with all that its step has started."""
        self._signal(signal.SIGKILL)

    def started(self, pid: int) -> None:
        """It is there, and leads a group of its own."""
        with self._signalling:
            self._pid = pid
            due = self._due
        if due is not None:
            self._signal(due)

    def ended(self) -> None:
        """It is gone; its number may be another process's from now on."""
        with self._signalling:
            self._has_ended = True

    def _open(self, run: Run) -> None:
        if run.run_id not in self.open_run_ids:
            self.open_run_ids |= {run.run_id}
            self._tell(OpenRun(run))

    def _tell(self, message: ToStepProcess) -> None:
        # Where it is gone, whoever waits for it is told so.
        with suppress(OSError):
            self.channel.send(encode(message))

    def _signal(self, number: signal.Signals) -> None:
        with self._signalling:
            if self._has_ended:
                return
            if self._pid is None:
                self._due = number
                return
            with suppress(ProcessLookupError):
                os.kill(self._pid, number)
            if number is signal.SIGKILL:
                kill_group(self._pid)
