"""Locks, queues, threads and clocks of the virtual world, under the names that the standard library has for them."""

from __future__ import annotations

import contextlib
import datetime as real_datetime
import queue as real_queue
from collections import deque
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from tests.faults.simulation.kernel import Kernel, Process
from tests.faults.simulation.kernel import Thread as KernelThread

EPOCH = real_datetime.datetime(2026, 1, 1, tzinfo=real_datetime.UTC)


class _World:
    # The one simulation that runs now in this (real) process.
    kernel: Kernel


def enter(kernel: Kernel) -> None:
    """From now on everything here is of this simulation."""
    _World.kernel = kernel


def kernel() -> Kernel:
    """Of the simulation that runs now."""
    return _World.kernel


def current_process() -> Process:
    """The virtual process in which the code that asks is executed."""
    thread = _World.kernel.current
    assert thread is not None
    return thread.process


class Lock:
    """threading.Lock."""

    def __init__(self) -> None:
        self._is_held = False
        self._waiting: deque[KernelThread] = deque()

    def acquire(self) -> bool:
        """Wait for it."""
        kernel = _World.kernel
        kernel.pause()
        while self._is_held:
            thread = kernel.current
            assert thread is not None
            self._waiting.append(thread)
            kernel.block()
        self._is_held = True
        return True

    def release(self) -> None:
        """Let the next one have it."""
        self._is_held = False
        if self._waiting:
            _World.kernel.wake(self._waiting.popleft())

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Condition(Lock):
    """threading.Condition."""

    def __init__(self) -> None:
        super().__init__()
        self._waiters: list[KernelThread] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Let go of the lock until somebody notifies."""
        kernel = _World.kernel
        thread = kernel.current
        assert thread is not None
        self._waiters.append(thread)
        self.release()
        try:
            return kernel.block(timeout)
        finally:
            with contextlib.suppress(ValueError):
                self._waiters.remove(thread)
            self.acquire()

    def notify(self, n: int = 1) -> None:
        """Wake who waits."""
        for thread in self._waiters[:n]:
            _World.kernel.wake(thread)

    def notify_all(self) -> None:
        """Wake all who wait."""
        self.notify(len(self._waiters))

    def wait_for(self, predicate: Callable[[], bool]) -> bool:
        """Wait until it is so."""
        while not predicate():
            self.wait()
        return True


class Event:
    """threading.Event."""

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: list[KernelThread] = []

    def is_set(self) -> bool:
        """It was set."""
        return self._is_set

    def set(self) -> None:
        """Wake all who wait."""
        self._is_set = True
        waiting, self._waiting = self._waiting, []
        for thread in waiting:
            _World.kernel.wake(thread)

    def clear(self) -> None:
        """As if it had not been set."""
        self._is_set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Until it is set."""
        kernel = _World.kernel
        kernel.pause()
        deadline = None if timeout is None else kernel.now + timeout
        while not self._is_set:
            left = None if deadline is None else deadline - kernel.now
            if left is not None and left <= 0:
                break
            assert kernel.current is not None
            self._waiting.append(kernel.current)
            kernel.block(left)
        return self._is_set


class Thread:
    """threading.Thread."""

    def __init__(
        self, target: Callable[..., None], args: tuple[Any, ...] = (), name: str = "thread", daemon: bool = False
    ) -> None:
        self._target = target
        self._args = args
        self.name = name
        self._thread: KernelThread | None = None
        self._ended = Event()

    def start(self) -> None:
        """In the process of who calls."""
        self._thread = _World.kernel.spawn(current_process(), lambda: self._target(*self._args), self.name)
        self._thread.on_end.append(self._ended.set)

    def join(self, timeout: float | None = None) -> None:
        """Wait for its end."""
        self._ended.wait(timeout)


class SimpleQueue:
    """queue.SimpleQueue."""

    def __init__(self) -> None:
        self._items: deque[Any] = deque()
        self._waiting: deque[KernelThread] = deque()

    def put(self, item: Any) -> None:
        """At its end."""
        self._items.append(item)
        if self._waiting:
            _World.kernel.wake(self._waiting.popleft())

    def get(self, timeout: float | None = None) -> Any:
        """The first one."""
        kernel = _World.kernel
        kernel.pause()
        deadline = None if timeout is None else kernel.now + timeout
        while not self._items:
            left = None if deadline is None else deadline - kernel.now
            if left is not None and left <= 0:
                raise real_queue.Empty
            thread = kernel.current
            assert thread is not None
            self._waiting.append(thread)
            try:
                kernel.block(left)
            finally:
                with contextlib.suppress(ValueError):
                    self._waiting.remove(thread)
        return self._items.popleft()

    def empty(self) -> bool:
        """There is nothing in it."""
        return not self._items


def monotonic() -> float:
    """time.monotonic: each process counts from a moment of its own."""
    return _World.kernel.now + current_process().pid * 7.0


def sleep(seconds: float) -> None:
    """time.sleep."""
    _World.kernel.sleep(seconds)


def time_ns() -> int:
    """time.time_ns, by the clock of the host, which is not quite that of the database."""
    return int((EPOCH.timestamp() + _World.kernel.now + _skew()) * 1e9)


def _skew() -> float:
    thread = _World.kernel.current
    return float(thread.process.own.get("skew", 0.0)) if thread is not None else 0.0


class VirtualDatetime(real_datetime.datetime):
    """datetime.datetime, by the clock of the host."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        """A real datetime, in virtual time."""
        return EPOCH + real_datetime.timedelta(seconds=_World.kernel.now + _skew())


def _token_hex(size: int = 16) -> str:
    return f"{_World.kernel.random.getrandbits(size * 8):0{size * 2}x}"


def _randbits(bits: int) -> int:
    return _World.kernel.random.getrandbits(bits)


def _chance() -> float:
    return _World.kernel.random.random()


def _current_thread() -> Any:
    # A virtual thread is never the main thread that gets signals.
    return _World.kernel.current


threading = SimpleNamespace(
    Lock=Lock, Condition=Condition, Event=Event, Thread=Thread, current_thread=_current_thread, main_thread=lambda: None
)
queue = SimpleNamespace(SimpleQueue=SimpleQueue, Empty=real_queue.Empty)
time = SimpleNamespace(monotonic=monotonic, sleep=sleep, time_ns=time_ns)
secrets = SimpleNamespace(token_hex=_token_hex, randbits=_randbits)
socket = SimpleNamespace(gethostname=lambda: current_process().host)
os = SimpleNamespace(getpid=lambda: current_process().pid)
random: Callable[[], float] = _chance
