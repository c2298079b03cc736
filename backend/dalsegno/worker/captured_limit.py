"""How much is kept of what an attempt prints to one stream: the beginning and the end, each up to a limit."""

from __future__ import annotations

import os
from collections import deque
from contextlib import suppress
from pathlib import Path

from dalsegno.output_storage import LogWriter
from dalsegno.quantities import shown_bytes
from dalsegno.runs.attempts import CapturedLog
from dalsegno.worker.process_ties import free_bytes

HEAD_BYTES = 8 << 20
TAIL_BYTES = 8 << 20
# A file that is still printed to may take so much more before its middle is given back to the disk.
_SLACK_BYTES = 16 << 20
_BLOCK_BYTES = 1 << 12
_COPIED_BYTES = 1 << 20


class BoundedWriter:
    """Passes the beginning of what is printed on at once, and its end when it is closed."""

    def __init__(self, writer: LogWriter) -> None:
        self._writer = writer
        self._head_left = HEAD_BYTES
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._left_out = 0

    def write(self, data: bytes) -> None:
        """Keep these bytes, for now at least."""
        head, rest = data[: self._head_left], data[self._head_left :]
        self._head_left -= len(head)
        self._writer.write(head)
        if rest:
            self._tail.append(rest)
            self._tail_bytes += len(rest)
        while self._tail_bytes > TAIL_BYTES:
            first = self._tail.popleft()
            surplus = min(len(first), self._tail_bytes - TAIL_BYTES)
            if surplus < len(first):
                self._tail.appendleft(first[surplus:])
            self._tail_bytes -= surplus
            self._left_out += surplus

    def close(self) -> CapturedLog | None:
        """Where it is kept; None where nothing was printed."""
        if self._left_out:
            self._writer.write(_left_out(self._left_out))
        while self._tail:
            self._writer.write(self._tail.popleft())
        return self._writer.close()


def copy_bounded(path: Path, writer: LogWriter) -> None:
    """Hand a file over to a writer, without its middle where it is too long. Raises OSError."""
    size = path.stat().st_size
    left_out = max(0, size - HEAD_BYTES - TAIL_BYTES)
    with path.open("rb", buffering=0) as file:
        _copy(file.fileno(), writer, 0, HEAD_BYTES if left_out else size)
        if left_out:
            writer.write(_left_out(left_out))
            _copy(file.fileno(), writer, HEAD_BYTES + left_out, size)


def give_middles_back(folder: Path) -> None:
    """Of files that are printed to without end, give the disk back what will not be kept."""
    with suppress(OSError), os.scandir(folder) as found:
        for entry in found:
            with suppress(OSError):
                stat = entry.stat()
                if stat.st_blocks * 512 > HEAD_BYTES + TAIL_BYTES + _SLACK_BYTES:
                    _give_middle_back(entry.path, stat.st_size)


def _give_middle_back(path: str, size: int) -> None:
    end = (size - TAIL_BYTES) // _BLOCK_BYTES * _BLOCK_BYTES
    if end > HEAD_BYTES:
        file = os.open(path, os.O_WRONLY)
        try:
            free_bytes(file, HEAD_BYTES, end - HEAD_BYTES)
        finally:
            os.close(file)


def _copy(file: int, writer: LogWriter, start: int, end: int) -> None:
    while start < end and (content := os.pread(file, min(_COPIED_BYTES, end - start), start)):
        writer.write(content)
        start += len(content)


def _left_out(amount: int) -> bytes:
    kept = f"the first {shown_bytes(HEAD_BYTES)} and the last {shown_bytes(TAIL_BYTES)}"
    return f"\n... {amount:,} bytes left out: of what an attempt prints, {kept} are kept ...\n".encode()
