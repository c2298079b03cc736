"""Outputs as files in a folder."""

from __future__ import annotations

import os
import secrets
import stat
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from dalsegno.output_storage.output_file import (
    DAMAGED,
    GONE,
    LogWriter,
    StoredOutput,
    Target,
    digest_of_file,
    is_comparable,
    size_differs,
)
from dalsegno.output_storage.syncing import make_folder, sync_folder
from dalsegno.runs.attempts import CapturedLog


class Folder:
    """Outputs as files, by their paths."""

    def __init__(self, *, synced: bool = False) -> None:
        """`synced`: what was written survives a loss of power."""
        self._synced = synced

    def target(self, uri: str) -> Target:
        return _LocalTarget(path_of(uri), synced=self._synced)

    def read(self, uri: str) -> bytes:
        with open(path_of(uri), "rb", buffering=0) as file:
            return file.readall()

    def read_part(self, uri: str, offset: int, limit: int) -> bytes:
        with open(path_of(uri), "rb", buffering=0) as file:
            file.seek(offset)
            return file.read(limit) or b""

    def problems(self, outputs: Mapping[str, StoredOutput], verify: bool) -> dict[str, str]:
        found = {uri: _local_problem(path_of(uri), output, verify) for uri, output in outputs.items()}
        return {uri: problem for uri, problem in found.items() if problem is not None}

    def log(self, uri: str) -> LogWriter:
        return _LocalLog(path_of(uri), synced=self._synced)


class _LocalTarget:
    def __init__(self, path: str, *, synced: bool) -> None:
        self._path = path
        self._synced = synced
        self._partial = f"{path}~{secrets.token_hex(4)}"
        self._file = _make_file(self._partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, synced=synced)

    def put(self, data: Any) -> int:
        return os.write(self._file, data)

    def commit(self) -> None:
        if self._synced:
            os.fsync(self._file)
        self._close()
        if os.path.lexists(self._path):
            raise FileExistsError(f"{self._path} is there already; an output is written once")
        os.replace(self._partial, self._path)
        if self._synced:
            sync_folder(os.path.dirname(self._path))

    def discard(self) -> None:
        self._close()
        # Where its folder could not be synced, it has its final name already.
        with suppress(FileNotFoundError):
            os.unlink(self._partial)

    def _close(self) -> None:
        if self._file >= 0:
            file, self._file = self._file, -1
            os.close(file)


class _LocalLog:
    def __init__(self, path: str, *, synced: bool) -> None:
        self._path = path
        self._synced = synced
        self._file: int | None = None
        self._size = 0
        self._is_closed = False
        # A step's threads may print at once.
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        with self._lock, suppress(OSError):
            if self._is_closed or not data:
                return
            if self._file is None:
                self._file = _make_file(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, synced=self._synced)
            self._size += os.write(self._file, data)

    def close(self) -> CapturedLog | None:
        with self._lock:
            self._is_closed = True
            if self._file is None:
                return None
            if self._synced:
                with suppress(OSError):
                    os.fsync(self._file)
                    sync_folder(os.path.dirname(self._path))
            os.close(self._file)
            self._file = None
            return CapturedLog(uri=self._path, size_bytes=self._size)


def _local_problem(path: str, output: StoredOutput, verify: bool) -> str | None:
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            # An author's IO manager may store a folder; only it can tell whether that is whole.
            return None
        if size_differs(output.size_bytes, found.st_size):
            return DAMAGED
        if verify and is_comparable(output.digest):
            with open(path, "rb", buffering=0) as file:
                return DAMAGED if digest_of_file(file) != output.digest else None
    except (FileNotFoundError, NotADirectoryError):
        return GONE
    except OSError as error:
        return f"its file can't be read: {error.strerror or error}"
    return None


def _make_file(path: str, flags: int, *, synced: bool) -> int:
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        make_folder(os.path.dirname(path), synced=synced)
        return os.open(path, flags, 0o666)


def path_of(uri: str) -> str:
    """The path that a file's address means."""
    return uri.removeprefix("file://")
