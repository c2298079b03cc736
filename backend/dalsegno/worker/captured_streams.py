"""All that an attempt prints: by Python, by C code, by programs that it starts. Kept with the attempt.

The standard descriptors themselves lead to files of the attempt while it goes on; the process that executes it hands
them to the output storage when it ends, or, where that has died, the worker does.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

from dalsegno.output_storage import OutputStorage
from dalsegno.runs.attempts import CapturedLog
from dalsegno.worker.captured_limit import copy_bounded
from dalsegno.worker.process_ties import flush_c_streams
from dalsegno.worker.run_execution import Attempt, CapturedOutput

_STREAMS = ("stdout", "stderr")


class CapturedStreams:
    """Takes over descriptors 1 and 2 of this process, one attempt at a time."""

    def __init__(self, folder: Path, storage: OutputStorage) -> None:
        self._folder = folder
        self._storage = storage
        self._originals = [os.dup(number) for number in (1, 2)]
        for stream in (sys.stdout, sys.stderr):
            # What is kept back in Python is lost where the process dies.
            with suppress(AttributeError, ValueError, OSError):
                stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]

    def begin(self, attempt: Attempt) -> None:
        """From now on, what is printed is this attempt's."""
        _flush()
        for number, path in enumerate(_paths(self._folder, attempt), start=1):
            file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            os.dup2(file, number)
            os.close(file)

    def end(self, run_id: str, attempt: Attempt) -> CapturedOutput:
        """The attempt is over: where what it printed is kept."""
        _flush()
        for number, original in enumerate(self._originals, start=1):
            os.dup2(original, number)
        return keep_captured(self._folder, self._storage, run_id, attempt)


def keep_captured(folder: Path, storage: OutputStorage, run_id: str, attempt: Attempt) -> CapturedOutput:
    """Hand over to the storage what an attempt has printed; None for a stream that nothing was printed to."""
    stdout, stderr = (
        _keep(path, storage, run_id, attempt, name)
        for name, path in zip(_STREAMS, _paths(folder, attempt), strict=True)
    )
    return CapturedOutput(stdout=stdout, stderr=stderr)


def _keep(path: Path, storage: OutputStorage, run_id: str, attempt: Attempt, name: str) -> CapturedLog | None:
    kept = None
    # Prints that can't be kept fail no step.
    with suppress(OSError):
        if path.stat().st_size > 0:
            writer = storage.open_log(run_id, attempt.step_key, attempt.token, name)
            copy_bounded(path, writer)
            kept = writer.close()
        path.unlink()
    return kept


def _paths(folder: Path, attempt: Attempt) -> tuple[Path, ...]:
    return tuple(folder / f"{attempt.token}.{name}" for name in _STREAMS)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        # An author's code may have closed or replaced them.
        with suppress(Exception):
            stream.flush()
    flush_c_streams()
