"""An author's code in a process of its own, as the worker sees it."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from dalsegno.settings import Durability
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot
from dalsegno.worker.channel import Channel
from dalsegno.worker.channel_reader import ChannelReader, Listener
from dalsegno.worker.code_process import CodeOrder, command_line
from dalsegno.worker.messages import Fork, FromCodeProcess, decode_from_code, encode
from dalsegno.worker.process_family import MARK, end_marked, new_mark
from dalsegno.worker.process_ties import how_it_ended

# How long a code process may take to kill what it has forked.
_STOP_SECONDS = 5.0


class CodeSource(msgspec.Struct, frozen=True, kw_only=True):
    """Where an author's code is; a file or a module."""

    file: Path | None = None
    module: str | None = None

    @property
    def location(self) -> str:
        """For people."""
        return str(self.file) if self.file is not None else str(self.module)


class LoadedCode:
    """One code process; what it says goes to `on_message`, in the reading thread; None: it is gone."""

    def __init__(
        self,
        source: CodeSource,
        storage_url: str,
        durability: Durability,
        folder: Path,
        reader: ChannelReader,
        on_message: Callable[[LoadedCode, FromCodeProcess | None], None],
    ) -> None:
        # By id; none before it is loaded.
        self.snapshots: Mapping[str, PipelineSnapshot] = {}
        self.folder = folder
        folder.mkdir(parents=True)
        self._mark = new_mark()
        self._channel, theirs = Channel.pair()
        order = CodeOrder(
            file=None if source.file is None else str(source.file),
            module=source.module,
            storage_url=storage_url,
            durability=durability,
            folder=str(folder),
            descriptor=theirs.fileno(),
            parent_pid=os.getpid(),
        )
        with theirs:
            # A session of its own: Ctrl-C in the worker's terminal is the worker's to answer.
            self._process = subprocess.Popen(
                command_line(order),
                stdin=subprocess.DEVNULL,
                env={**os.environ, MARK: self._mark},
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

        def end() -> None:
            # It ends what it has started, unless it was killed.
            self.wait()
            end_marked(self._mark)
            self._channel.close()
            on_message(self, None)

        reader.add(self._channel, Listener(lambda content: on_message(self, decode_from_code(content)), end))

    @property
    def pid(self) -> int:
        """Of the code process."""
        return self._process.pid

    def fork(self, number: int, channel: socket.socket) -> bool:
        """Ask for a step process that is given this end of a channel; False where the code process is gone."""
        try:
            self._channel.send(encode(Fork(number)), channel.fileno())
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End the code process and all that it has forked."""
        with suppress(OSError):
            self._channel.socket.shutdown(socket.SHUT_RDWR)
        self.wait()

    def wait(self) -> str:
        """How the code process ended; it is ending, or is killed."""
        try:
            status = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        return how_it_ended(-status if status < 0 else status << 8)
