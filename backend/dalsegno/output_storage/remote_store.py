"""Outputs in any store that fsspec reaches."""

from __future__ import annotations

import re
import shutil
import tempfile
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import fsspec

from dalsegno.errors import InvalidSettingError
from dalsegno.output_storage.output_file import (
    DAMAGED,
    GONE,
    READ_BUFFER_BYTES,
    LogWriter,
    StoredOutput,
    Target,
    digest_of_file,
    is_comparable,
    size_differs,
)
from dalsegno.runs.attempts import CapturedLog

# Requests wait for the network, not for us.
_THREADS = 32


class RemoteStore:
    """Outputs in any store that fsspec reaches, by their URLs."""

    def __init__(self, url: str) -> None:
        self.scheme = url[: url.rfind("://") + 3]
        try:
            self._fs, _ = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            shown = re.sub(r"//[^/@]*@", "//", url)
            raise InvalidSettingError(name="DALSEGNO_STORAGE_URL", value=shown, problem=str(error)) from error

    def target(self, uri: str) -> Target:
        return _RemoteTarget(self._fs, uri)

    def read(self, uri: str) -> bytes:
        content: bytes = self._fs.cat_file(uri)
        return content

    def read_part(self, uri: str, offset: int, limit: int) -> bytes:
        content: bytes = self._fs.cat_file(uri, start=offset, end=offset + limit)
        return content

    def problems(self, outputs: Mapping[str, StoredOutput], verify: bool) -> dict[str, str]:
        with ThreadPoolExecutor(min(_THREADS, len(outputs))) as threads:
            found = threads.map(lambda uri: self._problem(uri, outputs[uri], verify), outputs)
            return {uri: problem for uri, problem in zip(outputs, found, strict=True) if problem is not None}

    def log(self, uri: str) -> LogWriter:
        return _RemoteLog(self._fs, uri)

    def _problem(self, uri: str, output: StoredOutput, verify: bool) -> str | None:
        try:
            size = self._fs.size(uri)
            if size_differs(output.size_bytes, size):
                return DAMAGED
            if verify and is_comparable(output.digest):
                with self._fs.open(uri, "rb") as file:
                    return DAMAGED if digest_of_file(file) != output.digest else None
        except FileNotFoundError:
            return GONE
        except OSError as error:
            return f"its store can't be read: {error}"
        return None


class _RemoteTarget:
    def __init__(self, fs: Any, uri: str) -> None:
        self._fs = fs
        self._uri = uri
        if fs.exists(uri):
            raise FileExistsError(f"{uri} is there already; an output is written once")
        fs.makedirs(uri.rpartition("/")[0], exist_ok=True)
        # Where the store can, nothing has the final name before it is committed.
        self._file = fs.open(uri, "wb", autocommit=False)

    def put(self, data: Any) -> int:
        # The buffer that it comes from is used again.
        self._file.write(bytes(data))
        return len(data)

    def commit(self) -> None:
        self._file.close()
        self._file.commit()

    def discard(self) -> None:
        self._file.discard()
        if self._fs.exists(self._uri):
            self._fs.rm_file(self._uri)


class _RemoteLog:
    """Uploaded when it is closed: most remote stores can't append."""

    def __init__(self, fs: Any, uri: str) -> None:
        self._fs = fs
        self._uri = uri
        self._kept: tempfile.SpooledTemporaryFile[bytes] | None = None
        self._is_closed = False
        self._lock = threading.Lock()

    def write(self, data: bytes) -> None:
        with self._lock, suppress(OSError):
            if self._is_closed or not data:
                return
            if self._kept is None:
                self._kept = tempfile.SpooledTemporaryFile(READ_BUFFER_BYTES)  # noqa: SIM115 - closed by close()
            self._kept.write(data)

    def close(self) -> CapturedLog | None:
        with self._lock:
            self._is_closed = True
            if self._kept is None:
                return None
            kept, self._kept = self._kept, None
        with kept, suppress(OSError):
            size = kept.tell()
            kept.seek(0)
            self._fs.makedirs(self._uri.rpartition("/")[0], exist_ok=True)
            with self._fs.open(self._uri, "wb") as file:
                shutil.copyfileobj(kept, file, READ_BUFFER_BYTES)
            return CapturedLog(uri=self._uri, size_bytes=size)
        return None
