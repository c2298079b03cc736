"""Virtual time, processes and threads: one seeded scheduler decides what happens next.

A virtual thread is a greenlet. It runs alone until it waits for something, and what runs then, and when, comes from
the seed. So production code with all its threads is executed in this one, the same way each time. A process that is
killed runs not a single line more that anybody could see: whatever its threads ask for raises `Killed`.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

from greenlet import getcurrent, greenlet

# Who is woken goes on after this time at most, in seconds: so who comes first is for the seed to say.
_JITTER = 0.002
# How often a thread that takes a lock lets others go first.
_PREEMPTION = 0.2
# Children of a killed process live so long at most.
_ORPHANS_LIVE = 0.05


class Killed(BaseException):
    """The process of this thread is dead."""


class Process:
    """A virtual process: threads that are killed, and stand still, together."""

    def __init__(self, kernel: Kernel, name: str, pid: int, parent: Process | None, host: str) -> None:
        self.kernel = kernel
        self.name = name
        self.pid = pid
        self.parent = parent
        self.host = host
        self.is_dead = False
        self.stalled_until = 0.0
        self.threads: list[Thread] = []
        self.children: list[Process] = []
        # Called once, with how it ended.
        self.on_end: Callable[[str], None] | None = None
        # Raises KeyboardInterrupt in it, where that is allowed just now.
        self.on_interrupt: Callable[[], None] | None = None
        # What belongs to it and to nobody else, e.g. its clock's skew.
        self.own: dict[str, Any] = {}

    def __repr__(self) -> str:
        return self.name


class Thread:
    """A virtual thread."""

    def __init__(self, process: Process, target: Callable[[], None], name: str) -> None:
        self.process = process
        self.name = name
        self.has_ended = False
        # Counts its waits: what was to wake it from an earlier one is of no use any more.
        self.waits = 0
        self.is_waiting = False
        self.was_woken = False
        self.to_raise: BaseException | None = None
        self.on_end: list[Callable[[], None]] = []
        self._target = target
        self.greenlet = greenlet(self._run, parent=process.kernel.hub)

    def _run(self) -> None:
        kernel = self.process.kernel
        try:
            self._target()
        except Killed:
            pass
        except Exception as error:  # as Python does, it is told, and the thread has ended
            kernel.on_unexpected(self, error)
        self.has_ended = True
        for told in self.on_end:
            told()


class Kernel:
    """The scheduler of one simulation."""

    def __init__(self, seed: int | str) -> None:
        self.random = Random(seed)
        # Seconds since the simulation began.
        self.now = 0.0
        self.hub = getcurrent()
        self.current: Thread | None = None
        self.processes: list[Process] = []
        self.switches = 0
        # Called with a thread, and what nobody in it has caught.
        self.on_unexpected: Callable[[Thread, Exception], None] = _fail
        self._agenda: list[tuple[float, int, Thread | Callable[[], None], int]] = []
        self._order = itertools.count()
        self._pids = itertools.count(1001)
        self._to_reap: list[Process] = []

    def process(self, name: str, *, parent: Process | None = None, host: str | None = None) -> Process:
        """A new process, without threads."""
        made = Process(self, name, next(self._pids), parent, host or (parent.host if parent else name))
        self.processes.append(made)
        if parent is not None:
            parent.children.append(made)
        return made

    def spawn(self, process: Process, target: Callable[[], None], name: str = "main") -> Thread:
        """A new thread; it starts soon."""
        thread = Thread(process, target, name)
        process.threads.append(thread)
        thread.is_waiting = True
        self.wake(thread)
        return thread

    def after(self, seconds: float, what: Callable[[], None]) -> None:
        """Calls `what` then, outside all threads."""
        self._push(self.now + seconds, what, 0)

    def moment(self, most: float = _JITTER) -> float:
        """A short time, by chance."""
        return self.random.random() * most

    def run(self, until: Callable[[], bool], deadline: float) -> bool:
        """Goes on until that holds, or virtual time is up, or nothing is left to do; whether it holds."""
        while not until():
            if not self._agenda or self._agenda[0][0] > deadline:
                return False
            self._step()
        return True

    def _step(self) -> None:
        time, _, item, wait = heapq.heappop(self._agenda)
        if not isinstance(item, Thread):
            self.now = max(self.now, time)
            item()
        elif not (item.has_ended or item.waits != wait or item.process.is_dead):
            if item.process.stalled_until > time:
                self._push(item.process.stalled_until + self.moment(), item, wait)
                return
            self.now = max(self.now, time)
            self._resume(item)
        self._reap()

    def _resume(self, thread: Thread) -> None:
        thread.is_waiting = False
        thread.waits += 1
        self.switches += 1
        self.current = thread
        try:
            thread.greenlet.switch()
        finally:
            self.current = None

    # What threads ask for.

    def block(self, timeout: float | None = None) -> bool:
        """Lets others go on until somebody wakes this thread, or the time is up; whether it was woken."""
        thread = self._living()
        thread.is_waiting, thread.was_woken = True, False
        if timeout is not None:
            self._push(self.now + max(0.0, timeout), thread, thread.waits)
        self.hub.switch()
        self._living()
        if thread.to_raise is not None:
            error, thread.to_raise = thread.to_raise, None
            raise error
        return thread.was_woken

    def wake(self, thread: Thread) -> None:
        """Lets a thread that waits go on; soon, in an order that the seed gives."""
        if thread.is_waiting and not thread.was_woken:
            thread.was_woken = True
            self._push(self.now + self.moment(), thread, thread.waits)

    def throw(self, thread: Thread, error: BaseException) -> None:
        """Raises this in a thread, where it waits."""
        thread.to_raise = error
        self.wake(thread)

    def sleep(self, seconds: float) -> None:
        """Lets others go on for so long."""
        deadline = self.now + seconds
        while self.now < deadline:
            self.block(deadline - self.now)

    def pause(self) -> None:
        """A place where another thread may come first."""
        if self.current is not None:
            self._living()
            if self.random.random() < _PREEMPTION:
                self.sleep(self.moment())

    def _living(self) -> Thread:
        thread = self.current
        assert thread is not None, "only a virtual thread can wait"
        if thread.process.is_dead:
            raise Killed
        return thread

    # What happens to processes.

    def kill(self, process: Process, how: str = "signal 9 (SIGKILL)") -> None:
        """Ends it now; its children, which are tied to it, soon after."""
        if process.is_dead:
            return
        process.is_dead = True
        self._to_reap.append(process)
        for child in process.children:
            self.after(self.moment(_ORPHANS_LIVE), partial(self.kill, child))
        if process.on_end is not None:
            process.on_end(how)
        if self.current is not None and self.current.process is process:
            raise Killed

    def stall(self, process: Process, seconds: float) -> None:
        """Lets it stand still for so long, as SIGSTOP does, or a machine that has no time for it."""
        process.stalled_until = max(process.stalled_until, self.now + seconds)
        if self.current is not None and self.current.process is process:
            self.sleep(seconds)

    def close(self) -> None:
        """Ends all that lives."""
        for process in self.processes:
            process.on_end = None
            self.kill(process)
        self._reap()

    def _reap(self) -> None:
        while self._to_reap:
            for thread in self._to_reap.pop().threads:
                if not thread.greenlet.dead:
                    self.current = thread
                    # One that has not begun raises it here.
                    with suppress(Killed):
                        thread.greenlet.throw(Killed)
                    self.current = None

    def _push(self, time: float, item: Thread | Callable[[], None], wait: int) -> None:
        heapq.heappush(self._agenda, (time, next(self._order), item, wait))


def _fail(thread: Thread, error: Exception) -> None:
    raise AssertionError(f"{thread.name} of {thread.process} has failed") from error
