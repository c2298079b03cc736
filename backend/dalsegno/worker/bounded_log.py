"""The log of one attempt, bounded: a step that logs without end fills neither the worker nor the database."""

from __future__ import annotations

import os
import sys
import threading

from dalsegno.definitions.context import LogSink
from dalsegno.runs.events import LogLevel

# So many lines of an attempt are kept, and so many characters of all of them together.
MAX_LINES = 10_000
MAX_CHARACTERS = 4_000_000
# Of one line; what is longer is cut.
MAX_LINE_CHARACTERS = 64_000


class BoundedLog:
    """Passes lines on until there are too many, then counts them; safe to use from several threads."""

    def __init__(self, sink: LogSink) -> None:
        self._sink = sink
        self._pid = os.getpid()
        self._lines = 0
        self._characters = 0
        self._left_out = 0
        self._is_full = False
        self._is_closed = False
        self._changed = threading.Lock()

    def __call__(self, level: LogLevel, message: str) -> None:
        """A line of the log."""
        if os.getpid() != self._pid:
            # In a process that the step has forked: it can't speak for this one, but what it prints is captured.
            sys.stderr.write(f"{level}: {message}\n")
            sys.stderr.flush()
            return
        with self._changed:
            if self._is_closed:
                return
            if self._is_full:
                self._left_out += 1
                return
            cut = message[:MAX_LINE_CHARACTERS]
            if len(cut) < len(message):
                cut += f" ... {len(message) - len(cut)} characters left out"
            self._lines += 1
            self._characters += len(cut)
            self._sink(level, cut)
            self._is_full = self._lines >= MAX_LINES or self._characters >= MAX_CHARACTERS
            if self._is_full:
                self._sink(
                    LogLevel.WARNING,
                    f"The log of an attempt has at most {MAX_LINES:,} lines and {MAX_CHARACTERS:,} characters. "
                    "What follows is left out.",
                )

    def close(self) -> None:
        """Tell how much was left out; what comes later, from a thread that goes on, belongs to no attempt."""
        with self._changed:
            self._is_closed = True
            if self._left_out:
                plural = "line of this log was" if self._left_out == 1 else "lines of this log were"
                self._sink(LogLevel.WARNING, f"{self._left_out:,} {plural} left out.")
