"""What a process has started, with what that has started in turn: found and ended whole. Linux only.

A process that has called `adopt_orphans` is given what its children leave behind when they end, sessions and groups of
their own notwithstanding; so by ending its children again and again all of it is found. Elsewhere nothing is found, and
what is left in the group of a step process is killed alone.
"""

from __future__ import annotations

import os
import secrets
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


def new_mark() -> str:
    """A mark that tells which process makes it: by its id, and when that began."""
    return f"{os.getpid()}:{_began(os.getpid())}:{secrets.token_hex(8)}"


def end_marked(mark: str) -> None:
    """Kill every process whose environment has this mark."""
    _end_all(lambda: [pid for pid, found in _marked() if found == mark])


def end_marked_by_the_dead() -> None:
    """Kill every process with the mark of a process that is gone: what is left of workers that were killed.

    Only where the ids of processes mean the same to both: not what runs in a container of its own.
    """
    if sys.platform == "linux":
        _end_all(lambda: [pid for pid, mark in _marked() if _is_beside(pid) and not _lives(mark)])


def _end_all(find: Callable[[], list[int]]) -> None:
    deadline = monotonic() + _PATIENCE_SECONDS
    while monotonic() < deadline and (found := find()):
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


def _marked() -> list[tuple[int, str]]:
    """The processes that have a mark, and which."""
    if sys.platform != "linux":
        return []
    name = f"{MARK}=".encode()
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        # Of a process that has ended, and of another user's, nothing can be read.
        with suppress(OSError):
            entries = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
            marks = [entry.removeprefix(name) for entry in entries if entry.startswith(name)]
            found += [(int(pid), mark.decode(errors="replace")) for mark in marks]
    return found


def _lives(mark: str) -> bool:
    """Whether the process that made the mark is there; also where the mark does not tell."""
    maker, _, rest = mark.partition(":")
    began, _, number = rest.partition(":")
    return not (maker.isdecimal() and number) or _began(int(maker)) == began


def _began(pid: int) -> str:
    """When a process began, in the system's ticks; empty where there is none."""
    try:
        # The name, in parentheses, may hold anything.
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[19]
    except OSError:
        return ""


def _is_beside(pid: int) -> bool:
    """A process has its id in the same namespace as this one."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid") == os.readlink("/proc/self/ns/pid")
    except OSError:
        return False
