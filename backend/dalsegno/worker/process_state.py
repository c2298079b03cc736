"""What a step may change of the process that it runs in: noted before an attempt, put back after it.

The next attempt in a warm process finds it as the one before did. What can't be put back, such as a thread that goes on
or a descriptor that was closed, makes the process *spent*: it makes no other attempt, and another takes its place. What
resources have changed, when they were made, stays as long as they do.
"""

from __future__ import annotations

import _thread
import locale
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, TextIO

from dalsegno.worker.process_family import children, end_children

_Handler = Callable[[int, FrameType | None], Any] | int | None
_SIGNALS = tuple(int(one) for one in signal.Signals if one not in (signal.SIGKILL, signal.SIGSTOP))
# Without what makes enum members of the answers, which costs more than all else here.
_handler_of: Callable[[int], _Handler] = getattr(signal.getsignal, "__wrapped__", signal.getsignal)
_TIMERS = (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
# What decides the local time; the C library reads it when it is told to.
_TIME_ZONE = b"TZ"


class ProcessState:
    """As it is when this is made, in the main thread."""

    def __init__(self) -> None:
        self._folder = _folder()
        self._environment = dict(os.environb)
        self._file_mode_mask = _file_mode_mask()
        self._handlers: dict[int, _Handler] = {number: _handler_of(number) for number in _SIGNALS}
        self._blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        self._streams = (sys.stdin, sys.stdout, sys.stderr)
        self._locale = locale.setlocale(locale.LC_ALL)
        self._user = os.getresuid(), os.getresgid()
        self._threads = _thread._count()
        self._children = children()

    def put_back(self) -> bool:
        """Make it as it was, and end all that was started since; False where the process is spent.

        Not to be called where something can be interrupted.
        """
        try:
            self._put_signals_back()
            any_was_left = end_children(keep=self._children)
            self._put_folder_back()
            self._put_environment_back()
            os.umask(self._file_mode_mask)
            sys.stdin, sys.stdout, sys.stderr = self._streams
            if locale.setlocale(locale.LC_ALL) != self._locale:
                locale.setlocale(locale.LC_ALL, self._locale)
        except Exception:  # noqa: BLE001 - whatever it is that can't be put back
            return False
        return not (
            any_was_left
            or _thread._count() > self._threads
            or (os.getresuid(), os.getresgid()) != self._user
            or any(_is_closed(stream) for stream in self._streams)
        )

    def _put_folder_back(self) -> None:
        if self._folder != _folder():
            # A folder that is gone can't be returned to.
            os.chdir(self._folder or "")

    def _put_environment_back(self) -> None:
        now = dict(os.environb)
        if now == self._environment:
            return
        for name in now.keys() - self._environment.keys():
            del os.environb[name]
        for name, value in self._environment.items():
            if now.get(name) != value:
                os.environb[name] = value
        if now.get(_TIME_ZONE) != self._environment.get(_TIME_ZONE):
            time.tzset()

    def _put_signals_back(self) -> None:
        for timer in _TIMERS:
            signal.setitimer(timer, 0)
        for number, handler in self._handlers.items():
            if _handler_of(number) is not handler and handler is not None:
                signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._blocked)


class Descriptors:
    """Those that are open when this is made, but for 1 and 2, which lead elsewhere for each attempt."""

    def __init__(self) -> None:
        numbers: list[str] = []
        with suppress(OSError):
            numbers = os.listdir("/proc/self/fd")
        found = {number: _leads_to(number) for number in map(int, numbers) if number not in (1, 2)}
        self._known = {number: known for number, known in found.items() if known is not None}

    def are_open(self) -> bool:
        """They lead where they did."""
        return all(_leads_to(number) == known for number, known in self._known.items())


def _folder() -> str | None:
    with suppress(OSError):
        return os.getcwd()
    return None


def _file_mode_mask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _leads_to(descriptor: int) -> tuple[int, int] | None:
    try:
        found = os.fstat(descriptor)
    except OSError:
        # Closed: that of the listing itself is, by now.
        return None
    return found.st_dev, found.st_ino


def _is_closed(stream: TextIO | None) -> bool:
    return stream is not None and stream.closed
