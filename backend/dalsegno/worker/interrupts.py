"""Ctrl-C while a run executes: it interrupts a step's own code, never the record of what happened."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType


class Interrupts:
    """Takes over SIGINT while it is entered, where it can: in the main thread, with Python's own handler in place."""

    def __init__(self) -> None:
        # Somebody has pressed Ctrl-C.
        self.requested = False
        self._allowed = False
        self._took_over = False

    def __enter__(self) -> Interrupts:
        in_main_thread = threading.current_thread() is threading.main_thread()
        if in_main_thread and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._handle)
            self._took_over = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._took_over:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    @contextmanager
    def allowed(self) -> Iterator[None]:
        """Ctrl-C in here raises KeyboardInterrupt; one that came before is raised at once."""
        self._allowed = True
        try:
            self._raise_if_requested()
            yield
        finally:
            self._allowed = False

    @contextmanager
    def held_back(self) -> Iterator[None]:
        """Within `allowed`: a stretch that must not be torn; Ctrl-C is raised at its end."""
        before, self._allowed = self._allowed, False
        try:
            yield
        finally:
            self._allowed = before
        if before:
            self._raise_if_requested()

    def interrupt(self) -> None:
        """Interrupt the step that runs, from another thread, because the run is to be cancelled."""
        if self._took_over:
            # A real signal, so that a wait in a system call ends too.
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def _raise_if_requested(self) -> None:
        if self.requested:
            raise KeyboardInterrupt

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        self.requested = True
        if self._allowed:
            raise KeyboardInterrupt
