"""What a process has started, with what that has started in turn: found and ended whole. Linux only.

A process that has called `adopt_orphans` is given what its children leave behind when they end, sessions and groups of
their own notwithstanding; so by ending its children again and again all of it is found. Elsewhere nothing is found, and
what is left in the group of a step process is killed alone.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

# The environment of all that a code process starts has this: what is left of it is found even where it was killed.
MARK = "DALSEGNO_CODE_PROCESS"
# A killed process is gone in no time, unless the kernel itself holds it.
_PATIENCE_SECONDS = 5.0
_LOOK_SECONDS = 0.001


def children() -> frozenset[int]:
    """The processes whose parent this one is, those among them that have ended and that nobody has waited for."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        # The usual case, told by one call.
        return frozenset()
    found: set[int] = set()
    with suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            with suppress(OSError), open(f"/proc/self/task/{thread}/children", encoding="ascii") as file:
                found.update(map(int, file.read().split()))
    return frozenset(found)


def end_children(*, keep: Collection[int] = (), is_meant: Callable[[int], bool] = lambda _pid: True) -> bool:
    """Kill all children but these, with all that they have started; whether any lived."""
    any_lived = False
    deadline = monotonic() + _PATIENCE_SECONDS
    while left := [pid for pid in children() if pid not in keep and is_meant(pid)]:
        for pid in left:
            if not _has_ended(pid):
                any_lived = True
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        if monotonic() > deadline:
            break
        sleep(_LOOK_SECONDS)
    return any_lived


def is_of_other_session(pid: int) -> bool:
    """It is in another session than this process."""
    try:
        return os.getsid(pid) != os.getsid(0)
    except OSError:
        # It has ended, and is to be waited for.
        return True


def end_marked(mark: str) -> None:
    """Kill every process whose environment has this mark."""
    deadline = monotonic() + _PATIENCE_SECONDS
    while monotonic() < deadline and (found := _marked(mark)):
        for pid in found:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        sleep(_LOOK_SECONDS)


def _has_ended(pid: int) -> bool:
    """Whether a child has ended; it is waited for then."""
    try:
        return os.waitpid(pid, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return True


def _marked(mark: str) -> list[int]:
    if sys.platform != "linux":
        return []
    entry = f"{MARK}={mark}".encode()
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        # Of a process that has ended, and of another user's, nothing can be read.
        with suppress(OSError):
            if entry in Path(f"/proc/{name}/environ").read_bytes().split(b"\0"):
                found.append(int(name))
    return found
