"""How a worker is told to stop: by signals, or by an event."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Within, SIGTERM and SIGINT call `stop`, where they can: in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def stopped_by_event(stop: Callable[[], None], event: threading.Event | None) -> Iterator[None]:
    """Within, the event calls `stop` once it is set."""
    if event is None:
        yield
        return
    has_ended = threading.Event()

    def wait() -> None:
        event.wait()
        if not has_ended.is_set():
            stop()

    threading.Thread(target=wait, name="dalsegno-stop", daemon=True).start()
    try:
        yield
    finally:
        has_ended.set()
