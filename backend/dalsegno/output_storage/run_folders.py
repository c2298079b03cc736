"""The folders that runs have on a storage: what is in them, and deleting it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec

# How stores name a file's last change in their listings, and whether it is a number of seconds.
_CHANGED = ("mtime", "LastModified", "last_modified", "modified", "updated", "created")


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file in a run's folder."""

    # As it is recorded where it is recorded.
    uri: str
    # What it is called in the folder; of a file further down, what stands in the folder above it.
    entry: str
    size_bytes: int
    # None where the store does not tell.
    changed_at: datetime | None


class RunFolders:
    """All folders of one storage, each named by its run's id. The methods raise OSError."""

    def __init__(self, root: str) -> None:
        """`root` is a folder's path or an fsspec URL."""
        # Loaded when used: it takes longer than most commands.
        import fsspec

        self._fs, self._path = fsspec.core.url_to_fs(root)
        self._path = self._path.rstrip("/")
        self._root = root

    def names(self) -> list[str]:
        """Of all of them, the oldest run's first."""
        self._fs.invalidate_cache()
        if not self._fs.exists(self._path):
            return []
        entries = self._fs.ls(self._path, detail=True)
        return sorted(one["name"].rstrip("/").rpartition("/")[2] for one in entries if one["type"] == "directory")

    def files(self, name: str) -> list[StoredFile]:
        """What is in a folder, at any depth; nothing where it is not there."""
        self._fs.invalidate_cache()
        folder = f"{self._path}/{name}"
        found: dict[str, dict[str, Any]] = self._fs.find(folder, detail=True)
        return [
            StoredFile(
                uri=f"{self._root}/{name}{path.removeprefix(folder)}",
                entry=path.removeprefix(folder).lstrip("/").partition("/")[0],
                size_bytes=entry.get("size") or 0,
                changed_at=_changed_at(entry),
            )
            for path, entry in sorted(found.items())
        ]

    def delete(self, name: str) -> None:
        """Deletes a folder with all that is in it; one that is not there is no error."""
        with suppress(FileNotFoundError):
            self._fs.rm(f"{self._path}/{name}", recursive=True)

    def delete_files(self, files: Iterable[StoredFile]) -> None:
        """Deletes single files of folders."""
        for file in files:
            with suppress(FileNotFoundError):
                self._fs.rm_file(f"{self._path}{file.uri.removeprefix(self._root)}")


def attempt_of(file: StoredFile) -> str | None:
    """What the names of all that its attempt makes begin with; None where its name is not one that attempts give."""
    step, _, rest = file.entry.partition(".")
    token, dot, _ = rest.partition(".")
    return f"{step}.{token}." if step and token and dot else None


def _changed_at(entry: dict[str, Any]) -> datetime | None:
    for name in _CHANGED:
        value = entry.get(name)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, datetime):
            return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        if isinstance(value, str):
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                continue
    return None
