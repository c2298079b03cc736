"""The real output storage on a folder in memory, which writes down what is put there, and when."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from dalsegno.output_storage import LogWriter, OutputStorage, StoredOutput
from dalsegno.output_storage.output_file import DAMAGED, GONE, Target
from dalsegno.runs.attempts import CapturedLog
from tests.faults.simulation.faults import Faults
from tests.faults.simulation.journal import Damaged, Entry, Stored
from tests.faults.simulation.kernel import Kernel

# To write an output takes so long at most.
_LATENCY = 0.004


def sha256(content: bytes) -> str:
    """As the storage tells digests."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class MemoryFolder:
    """dalsegno.output_storage.folder.Folder."""

    def __init__(self, kernel: Kernel, faults: Faults, journal: list[Entry]) -> None:
        self.files: dict[str, bytes] = {}
        self.kernel = kernel
        self.faults = faults
        self.journal = journal

    def target(self, uri: str) -> Target:
        """Where an output is written to."""
        return _MemoryTarget(self, uri)

    def read(self, uri: str) -> bytes:
        """All of it."""
        if uri not in self.files:
            raise FileNotFoundError(uri)
        return self.files[uri]

    def problems(self, outputs: Mapping[str, StoredOutput], verify: bool) -> dict[str, str]:
        """As the real one finds them: by size, and by digest with `verify`."""
        found: dict[str, str] = {}
        for uri, output in outputs.items():
            content = self.files.get(uri)
            if content is None:
                found[uri] = GONE
            elif len(content) != output.size_bytes or (verify and sha256(content) != output.digest):
                found[uri] = DAMAGED
        return found

    def log(self, uri: str) -> LogWriter:
        """Nothing is printed here."""
        return _NoLog()

    def damage(self, uri: str, *, is_deleted: bool) -> None:
        """What disks and people do."""
        content = self.files.pop(uri)
        if not is_deleted:
            middle = len(content) // 2
            self.files[uri] = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        self.journal.append(Damaged(at=self.kernel.now, uri=uri, is_deleted=is_deleted))


class _MemoryTarget:
    def __init__(self, folder: MemoryFolder, uri: str) -> None:
        self._folder = folder
        self._uri = uri
        self._content = b""
        folder.faults.at("before an output is written")

    def put(self, data: Any) -> int:
        self._content += bytes(data)
        return len(data)

    def commit(self) -> None:
        folder = self._folder
        if folder.kernel.current is not None:
            folder.kernel.sleep(folder.kernel.moment(_LATENCY))
        folder.faults.at("before an output is renamed")
        if self._uri in folder.files:
            raise FileExistsError(self._uri)
        folder.files[self._uri] = self._content
        folder.journal.append(Stored(at=folder.kernel.now, uri=self._uri, digest=sha256(self._content)))
        folder.faults.at("after an output is renamed")

    def discard(self) -> None:
        pass


class _NoLog:
    def write(self, data: bytes) -> None:
        pass

    def close(self) -> CapturedLog | None:
        return None


class VirtualStorage(OutputStorage):
    """The storage of one simulation; all its processes see the same."""

    def __init__(self, folder: MemoryFolder) -> None:
        super().__init__("/outputs")
        in_memory: Any = folder
        self._folder = in_memory
