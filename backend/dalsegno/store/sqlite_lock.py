"""Which process keeps a SQLite database locked, where the system tells."""

from __future__ import annotations

import os
from pathlib import Path

_LOCKS = Path("/proc/locks")
# The byte of the file beside the database that whoever writes has locked.
_WRITE_LOCK = 120


def process_that_writes(path: str) -> int | None:
    """The other process in the midst of a write; None where nobody can tell.

    The locks are read from a list: to open the file, and close it, would be to lose all locks of this process on it.
    """
    try:
        file = os.stat(f"{path}-shm")
        lines = _LOCKS.read_text().splitlines()
    except OSError:
        return None
    identity = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
    for line in lines:
        # "7: POSIX  ADVISORY  WRITE 4711 fe:01:131 120 120"; who waits for a lock has an arrow after its number.
        fields = line.split()
        if len(fields) == 8 and fields[3] == "WRITE" and fields[5] == identity:
            pid, first, last = int(fields[4]), int(fields[6]), fields[7]
            covers = first <= _WRITE_LOCK and (last == "EOF" or int(last) >= _WRITE_LOCK)
            if covers and pid not in (0, -1, os.getpid()):
                return pid
    return None
