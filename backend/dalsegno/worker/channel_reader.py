"""Reads what many processes say, in one thread."""

from __future__ import annotations

import logging
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

import msgspec

from dalsegno.worker.channel import Channel

_log = logging.getLogger(__name__)


class Listener(msgspec.Struct, frozen=True):
    """Who is told what one channel brings. Both are called in the reading thread, so they are quick."""

    on_message: Callable[[bytes], None]
    # The other end is gone; called once. The channel is not read any more.
    on_end: Callable[[], None]


class ChannelReader:
    """Begins to read at once; `close` ends it."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._added: deque[tuple[Channel, Listener]] = deque()
        self._is_closed = False
        self._thread = threading.Thread(target=self._read, name="dalsegno-channels", daemon=True)
        self._thread.start()

    def add(self, channel: Channel, listener: Listener) -> None:
        """Read this channel from now on."""
        self._added.append((channel, listener))
        self._wake()

    def remove(self, channel: Channel) -> None:
        """Read it no more; only called in the reading thread, before the channel is closed."""
        with suppress(KeyError, ValueError):
            self._selector.unregister(channel)

    def close(self) -> None:
        """Read nothing any more, and close the channels that were read."""
        self._is_closed = True
        self._wake()
        self._thread.join()
        read = [key.data for key in self._selector.get_map().values() if key.data is not None]
        self._selector.close()
        for channel, _ in (*read, *self._added):
            channel.close()
        self._woken.close()
        self._waker.close()

    def _wake(self) -> None:
        with suppress(OSError):
            self._waker.send(b"\0")

    def _read(self) -> None:
        while not self._is_closed:
            for key, _ in self._selector.select():
                if key.data is None:
                    self._begin_with_added()
                else:
                    self._read_one(*key.data)

    def _begin_with_added(self) -> None:
        with suppress(BlockingIOError):
            self._woken.recv(4096)
        while self._added:
            channel, listener = self._added.popleft()
            with suppress(ValueError):
                self._selector.register(channel, selectors.EVENT_READ, (channel, listener))

    def _read_one(self, channel: Channel, listener: Listener) -> None:
        if channel.fileno() < 0:
            # Closed by what another channel has brought a moment ago.
            return
        try:
            contents = channel.receive_now()
            for content in contents or ():
                listener.on_message(content)
        except Exception:  # noqa: BLE001 - one that can't be understood must not stop the reading of all others
            _log.exception("What a process said was not understood; it is not listened to any more.")
            contents = None
        if contents is None:
            self.remove(channel)
            listener.on_end()
