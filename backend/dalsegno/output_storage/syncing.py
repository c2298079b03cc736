"""Files and folders that are still there after a loss of power."""

from __future__ import annotations

import os


def sync_folder(path: str) -> None:
    """What the folder holds by name now, it will hold. Raises OSError."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def make_folder(path: str, *, synced: bool) -> None:
    """Makes a folder, and those above it that are not there. Raises OSError."""
    if not synced or os.path.isdir(path):
        os.makedirs(path, exist_ok=True)
        return
    above = os.path.dirname(os.path.abspath(path))
    make_folder(above, synced=True)
    os.makedirs(path, exist_ok=True)
    sync_folder(above)
