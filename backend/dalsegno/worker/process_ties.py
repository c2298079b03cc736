"""What ties a process to the one that started it: it dies with it, and can be killed whole."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_FALLOC_FL_KEEP_SIZE = 1
_FALLOC_FL_PUNCH_HOLE = 2
# A step that takes all memory is ended by the kernel before the worker is.
_LIKELIER_OUT_OF_MEMORY = b"300"


def die_with_parent(parent_pid: int) -> None:
    """From now on the kernel kills this process when its parent dies. Where it is dead already, exit. Linux only."""
    _set_death_signal(signal.SIGKILL)
    if os.getppid() != parent_pid:
        os._exit(1)


def outlive_parent() -> None:
    """Undo `die_with_parent`, to end in good order when the parent is gone."""
    _set_death_signal(0)


def adopt_orphans() -> None:
    """What descendants of this process leave behind when they end becomes its children. Linux only."""
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def be_first_out_of_memory() -> None:
    """Where memory runs out, this process goes first. Linux only."""
    with suppress(OSError), open("/proc/self/oom_score_adj", "wb") as file:
        file.write(_LIKELIER_OUT_OF_MEMORY)


def kill_group(pid: int) -> None:
    """Kill a process that leads a group, with all that it has started and that is still in the group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def out_of_memory_kills() -> int:
    """How often the kernel has killed a process because memory ran out; 0 where it does not tell. Linux only."""
    with suppress(OSError), open("/proc/vmstat", encoding="ascii") as file:
        for line in file:
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return 0


def how_it_ended(wait_status: int) -> str:
    """For people, from what waiting for a process gave."""
    if os.WIFSIGNALED(wait_status):
        number = os.WTERMSIG(wait_status)
        with suppress(ValueError):
            return f"signal {number} ({signal.Signals(number).name})"
        return f"signal {number}"
    return f"exit code {os.WEXITSTATUS(wait_status)}"


def _set_death_signal(number: int) -> None:
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, number)


def flush_c_streams() -> None:
    """Write out what C code of this process has printed and C keeps back."""
    _libc.fflush(None)


def free_bytes(file: int, start: int, length: int) -> None:
    """Give the disk these bytes of a file back; the file stays as long as it is. Linux only, where its disk can."""
    if sys.platform == "linux":
        flags = _FALLOC_FL_PUNCH_HOLE | _FALLOC_FL_KEEP_SIZE
        _libc.fallocate(file, flags, ctypes.c_long(start), ctypes.c_long(length))


_libc = ctypes.CDLL(None)
