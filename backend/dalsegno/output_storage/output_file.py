"""An output as bytes: written once, hashed on the way, compared afterwards."""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from types import TracebackType
from typing import Any, Protocol

import msgspec

from dalsegno.runs.attempts import CapturedLog

GONE = "its file is gone"
DAMAGED = "its file is damaged"
READ_BUFFER_BYTES = 1 << 20

_WRITE_BUFFER_BYTES = 1 << 16
_SHA256 = "sha256:"


class StoredOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Where the bytes of one output are, and what they are; None where that is not known."""

    uri: str | None = None
    # "sha256:" and hex.
    digest: str | None = None
    size_bytes: int | None = None


class DamagedBytesError(ValueError):
    """The stored bytes are not those that were written."""


class LogWriter(Protocol):
    """Keeps what an attempt prints. It never raises: prints that can't be kept are dropped."""

    def write(self, data: bytes) -> None:
        """Keep these bytes."""

    def close(self) -> CapturedLog | None:
        """Where they are kept; None where there were none."""


class Target(Protocol):
    """Where bytes go until they are committed; before that they have another name."""

    def put(self, data: Any) -> int: ...

    def commit(self) -> None: ...

    def discard(self) -> None: ...


class OutputFile(io.BufferedWriter):
    """An output being written; its bytes are hashed on their way."""

    # Set when its `with` statement has ended without an exception.
    stored: StoredOutput

    def __init__(self, uri: str, target: Target) -> None:
        self._uri = uri
        self._target = target
        self._hashed = _HashedTarget(target)
        super().__init__(self._hashed, _WRITE_BUFFER_BYTES)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.flush()
                self._target.commit()
        except BaseException:
            self._discard()
            raise
        if error is not None:
            self._discard()
            return
        self.close()
        digest = _SHA256 + self._hashed.sha256.hexdigest()
        self.stored = StoredOutput(uri=self._uri, digest=digest, size_bytes=self._hashed.size)

    def _discard(self) -> None:
        self._hashed.is_discarded = True
        self.close()
        with suppress(OSError):
            self._target.discard()


class _HashedTarget(io.RawIOBase):
    def __init__(self, target: Target) -> None:
        self._target = target
        self.sha256 = hashlib.sha256()
        self.size = 0
        self.is_discarded = False

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: Any) -> int:
        if self.is_discarded:
            return len(data)
        written = self._target.put(data)
        self.sha256.update(data if written == len(data) else data[:written])
        self.size += written
        return written


def check_bytes(content: bytes, uri: str, digest: str | None) -> None:
    """Raises DamagedBytesError where these are not the bytes that have this digest."""
    if is_comparable(digest):
        found = _SHA256 + hashlib.sha256(content).hexdigest()
        if found != digest:
            raise DamagedBytesError(f"{uri} was written as {digest} and is now {found}")


def is_comparable(digest: str | None) -> bool:
    """The digest is of a kind that this module computes."""
    return digest is not None and digest.startswith(_SHA256)


def digest_of_file(file: Any) -> str:
    """Of all bytes that the open file gives."""
    sha256 = hashlib.sha256()
    while content := file.read(READ_BUFFER_BYTES):
        sha256.update(content)
    return _SHA256 + sha256.hexdigest()


def size_differs(recorded: int | None, found: int) -> bool:
    """The recorded size, if there is one, is not the one found."""
    return recorded is not None and recorded != found
