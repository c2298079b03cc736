"""Watching the files of an author's code, by their times and sizes."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from dalsegno.definitions.source import is_author_module

# Files that are being written are waited for, this long and so often at most.
_SETTLE_SECONDS = 0.05
_SETTLE_TIMES = 10
# How coarse the clock is that file systems take their times from.
_CLOCK_SECONDS = 0.02
# Where code does not import, so many files beside it are watched at most.
_MAX_FILES = 2000
_NOT_SOURCES = ("site-packages", "node_modules", "__pycache__")

# Time of the last change in nanoseconds, and size; None where there is no such file.
_Signature = tuple[int, int] | None


class CodeWatch:
    """What was loaded, as its files were when it was."""

    def __init__(self, find_paths: Callable[[], Iterable[str]], loading_since: float) -> None:
        """`loading_since`: when loading began, in seconds since 1970; later changes may have been missed."""
        self._find_paths = find_paths
        self._known = self._look()
        now = time.time()
        self._may_have_missed = any(
            signature is not None and loading_since - _CLOCK_SECONDS <= signature[0] / 1e9 <= now
            for signature in self._known.values()
        )

    def has_changed(self) -> bool:
        """A file is not what it was, or one has come; where so, waits until none is being written."""
        found = self._look()
        if found == self._known and not self._may_have_missed:
            return False
        for _ in range(_SETTLE_TIMES):
            time.sleep(_SETTLE_SECONDS)
            before, found = found, self._look()
            # Some editors take a file away before they put the new one in its place.
            is_away = any(found.get(path) is None and was is not None for path, was in self._known.items())
            if found == before and not is_away:
                break
        self._known, self._may_have_missed = found, False
        return True

    def _look(self) -> dict[str, _Signature]:
        return {path: signature(path) for path in self._find_paths()}


def signature(path: str | Path) -> _Signature:
    """What tells one state of a file from another."""
    with suppress(OSError):
        stat = os.stat(path)
        return stat.st_mtime_ns, stat.st_size
    return None


def files_loaded() -> list[str]:
    """Of all modules of authors that are loaded."""
    return [file for module in _authors_modules() if (file := module.__file__) is not None]


def files_beside(folder: Path, error: BaseException) -> Iterator[str]:
    """Where code does not import: the files that were on the way to the error, and every source below the folder.

    What mends it may be any of these, or a file that is not there yet.
    """
    linked: BaseException | None = error
    while linked is not None:
        yield from (frame.filename for frame in traceback.extract_tb(linked.__traceback__))
        if isinstance(linked, SyntaxError) and linked.filename:
            yield linked.filename
        linked = linked.__cause__ or linked.__context__
    yield from islice(_sources(folder), _MAX_FILES)


def forget_byte_code() -> None:
    """Of all modules of authors: it is told from its source by size and whole seconds; a quick edit would go unseen."""
    for module in _authors_modules():
        cached = getattr(module, "__cached__", None)
        if cached:
            with suppress(OSError):
                os.unlink(cached)


def _authors_modules() -> list[ModuleType]:
    found: list[Any] = list(sys.modules.values())
    return [one for one in found if isinstance(one, ModuleType) and is_author_module(one)]


def _sources(folder: Path) -> Iterator[str]:
    for path, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in _NOT_SOURCES and not name.startswith(".")]
        yield from (os.path.join(path, name) for name in names if name.endswith(".py"))
