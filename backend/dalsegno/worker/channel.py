"""Whole messages over a socket between two processes."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress

_LENGTH = struct.Struct("!I")
_READ_BYTES = 1 << 16
# More descriptors than this never wait in one channel.
_MAX_DESCRIPTORS = 64


class Channel:
    """One end. Any thread may send; one receives."""

    def __init__(self, end: socket.socket) -> None:
        self.socket = end
        self._sending = threading.Lock()
        self._received = bytearray()
        self._descriptors: list[int] = []

    @classmethod
    def pair(cls) -> tuple[Channel, socket.socket]:
        """A new channel: this process's end, and the other's."""
        ours, theirs = socket.socketpair()
        return cls(ours), theirs

    def fileno(self) -> int:
        return self.socket.fileno()

    def send(self, content: bytes, descriptor: int | None = None) -> None:
        """Send a message, with a descriptor where one is given. Raises OSError where the other end is gone."""
        framed = _LENGTH.pack(len(content)) + content
        with self._sending:
            if descriptor is None:
                self.socket.sendall(framed)
            else:
                sent = socket.send_fds(self.socket, [framed], [descriptor])
                self.socket.sendall(framed[sent:])

    def receive(self) -> Iterator[bytes] | None:
        """The messages that have come, waiting for some; None where the other end is gone."""
        return self._receive(0)

    def receive_now(self) -> Iterator[bytes] | None:
        """The messages that have come, none perhaps; None where the other end is gone."""
        try:
            return self._receive(socket.MSG_DONTWAIT)
        except BlockingIOError:
            return iter(())

    def drain(self) -> list[bytes]:
        """All messages that have come by now."""
        found: list[bytes] = []
        with suppress(BlockingIOError, OSError):
            while (contents := self._receive(socket.MSG_DONTWAIT)) is not None:
                found += contents
        return found

    def take_descriptor(self) -> int:
        """The next descriptor that came with a message, in the order of the messages."""
        return self._descriptors.pop(0)

    def close(self) -> None:
        """The other end receives None."""
        self.socket.close()

    def _receive(self, flags: int) -> Iterator[bytes] | None:
        try:
            data, descriptors, _, _ = socket.recv_fds(self.socket, _READ_BYTES, _MAX_DESCRIPTORS, flags)
        except ConnectionError:
            return None
        self._descriptors += descriptors
        if not data:
            return None
        self._received += data
        return self._whole()

    def _whole(self) -> Iterator[bytes]:
        while len(self._received) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._received)
            end = _LENGTH.size + length
            if len(self._received) < end:
                return
            content = bytes(self._received[_LENGTH.size : end])
            del self._received[:end]
            yield content
