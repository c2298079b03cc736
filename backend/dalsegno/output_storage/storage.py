"""Where stored outputs lie: a folder, or any store that fsspec reaches."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from dalsegno.output_storage.folder import Folder, path_of
from dalsegno.output_storage.output_file import LogWriter, OutputFile, StoredOutput, check_bytes
from dalsegno.output_storage.run_folders import RunFolders
from dalsegno.settings import Durability

if TYPE_CHECKING:
    from dalsegno.output_storage.remote_store import RemoteStore

# Keys that stand in a name as they are; all others are percent-encoded, dots and tildes too.
_SAFE_PART = re.compile(r"[A-Za-z0-9_-]{1,60}")
# Four parts and what a file is called while it is written stay below the 255 bytes that file systems allow.
_LONGEST_PART = 60
_DIGITS_OF_HASH = 24


class OutputStorage:
    """Outputs and captured prints under one folder or URL. Each output is written once, under its attempt's token."""

    def __init__(self, url: str, durability: Durability = Durability.PROCESS) -> None:
        """Storage at a path or an fsspec URL; raises InvalidSettingError where it is neither.

        What a store that is no folder keeps, and when, is its own affair.
        """
        folder = _local_path(url)
        self._folder = Folder(synced=durability is Durability.POWER)
        self._remote = None if folder is not None else _remote_store(url)
        self._root = url.rstrip("/") if folder is None else os.path.abspath(folder)

    def location(self, run_id: str, step_key: str, token: str, output_name: str, mapping_key: str | None = None) -> str:
        """The address of one output: RUN/STEP.TOKEN.OUTPUT, or RUN/STEP.TOKEN.OUTPUT.KEY.

        One folder a run: a folder of its own for each attempt costs ten times as much as the file in it.
        """
        uri = f"{self._attempt(run_id, step_key, token)}.{_part(output_name)}"
        return uri if mapping_key is None else f"{uri}.{_part(mapping_key)}"

    def write(self, uri: str) -> OutputFile:
        """A binary file to write an output to, in a `with` statement, after which its `stored` tells what was written.

        The output is there, whole, once that has ended without an exception; else it is not there. Raises
        FileExistsError where it is there already, OSError where it can't be written.
        """
        return OutputFile(uri, self._store(uri).target(uri))

    def read(self, uri: str, digest: str | None) -> bytes:
        """The stored bytes. Raises FileNotFoundError where they are gone, DamagedBytesError where they have changed."""
        content = self._store(uri).read(uri)
        check_bytes(content, uri, digest)
        return content

    def problems(self, wanted: Iterable[StoredOutput], *, verify: bool) -> dict[str, str]:
        """By address: what is wrong with those outputs that can't be loaded.

        Sizes are compared; with `verify` the bytes are read and their digests compared too. An address of another kind
        than this storage's own, or a path, is trusted.
        """
        known: dict[Folder | RemoteStore, dict[str, StoredOutput]] = {}
        for output in wanted:
            if output.uri is not None and (_is_file(output.uri) or self._is_remote(output.uri)):
                known.setdefault(self._store(output.uri), {})[output.uri] = output
        return {uri: problem for store, some in known.items() for uri, problem in store.problems(some, verify).items()}

    def open_log(self, run_id: str, step_key: str, token: str, stream_name: str) -> LogWriter:
        """Keeps what an attempt prints to one stream. Nothing is made before something is printed."""
        # No output has such a name: tildes in one are encoded.
        uri = f"{self._attempt(run_id, step_key, token)}.~{_part(stream_name)}"
        return self._store(uri).log(uri)

    def read_log(self, uri: str, offset: int, limit: int) -> bytes:
        """At most `limit` bytes of captured prints from `offset` on. Raises FileNotFoundError where they are gone."""
        return self._store(uri).read_part(uri, offset, limit)

    def run_folders(self) -> RunFolders:
        """The folders of runs, for those who clear up."""
        return RunFolders(self._root)

    def names_of_attempt(self, step_key: str, token: str) -> str:
        """What the names of all that an attempt makes in its run's folder begin with."""
        return f"{_part(step_key)}.{_part(token)}."

    def _attempt(self, run_id: str, step_key: str, token: str) -> str:
        return f"{self._root}/{_part(run_id)}/{_part(step_key)}.{_part(token)}"

    def _is_remote(self, uri: str) -> bool:
        return self._remote is not None and uri.startswith(self._remote.scheme)

    def _store(self, uri: str) -> Folder | RemoteStore:
        if _is_file(uri):
            return self._folder
        # What was stored before the storage moved elsewhere is found by its own address.
        return self._remote if self._remote is not None and self._is_remote(uri) else _remote_store(uri)


def _remote_store(url: str) -> RemoteStore:
    # Loaded here alone: most projects store outputs in a folder.
    from dalsegno.output_storage.remote_store import RemoteStore

    return RemoteStore(url)


@lru_cache(maxsize=10_000)
def _part(key: str) -> str:
    if _SAFE_PART.fullmatch(key):
        return key
    encoded = quote(key, safe="", errors="surrogatepass").replace("~", "%7E").replace(".", "%2E")
    if 0 < len(encoded) <= _LONGEST_PART:
        return encoded
    digits = hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()[:_DIGITS_OF_HASH]
    return f"{encoded[: _LONGEST_PART - _DIGITS_OF_HASH - 1]}~{digits}"


def _local_path(url: str) -> str | None:
    """The path that a storage URL means; None where it is for fsspec."""
    if url.startswith("file://"):
        return path_of(url)
    return None if "://" in url or "::" in url else url


def _is_file(uri: str) -> bool:
    return uri.startswith(("/", "file://"))
