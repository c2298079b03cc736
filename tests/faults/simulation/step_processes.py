"""Code processes and step processes of the virtual world, and the channels to them.

What a step process does, from the first message to the last, is production code (`StepProcess`); here is what the
operating system does for it: processes, signals, sockets, death.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from signal import Signals
from typing import TYPE_CHECKING, Any

from dalsegno.runs.attempts import ErrorInfo
from dalsegno.worker.channel_reader import Listener
from dalsegno.worker.interrupts import Interrupts
from dalsegno.worker.messages import FilesChanged, Forked, FromCodeProcess, Loaded, LoadFailed, StepExited
from dalsegno.worker.run_execution import Attempt, CapturedOutput
from dalsegno.worker.step_process import StepProcess
from tests.faults.simulation import primitives
from tests.faults.simulation.kernel import Process, Thread

if TYPE_CHECKING:
    from tests.faults.simulation.world import World

# How long things take at most, in seconds.
_TRANSIT = 0.003
_LOADING = 0.2
_FORKING = 0.01


def world() -> World:
    """Of the simulation that runs now."""
    found: World = primitives.kernel().processes[0].own["world"]
    return found


class _Socket:
    def __init__(self, channel: VirtualChannel) -> None:
        self._channel = channel

    def shutdown(self, _how: int) -> None:
        self._channel.hang_up()


class VirtualChannel:
    """One end of a socket pair: what is sent is there at once, and read when its reader gets to it."""

    def __init__(self) -> None:
        self.socket = _Socket(self)
        self.peer: VirtualChannel = self
        self.process: Process | None = None
        self.on_news: Callable[[], None] = lambda: None
        self.is_closed = False
        # The other end says no more.
        self.is_at_end = False
        self._received: deque[bytes] = deque()
        self._waiting: Thread | None = None

    @classmethod
    def pair(cls) -> tuple[VirtualChannel, VirtualChannel]:
        """Both ends."""
        ours, theirs = cls(), cls()
        ours.peer, theirs.peer = theirs, ours
        return ours, theirs

    def __enter__(self) -> VirtualChannel:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def send(self, content: bytes) -> None:
        """To the other end. Raises OSError where that is gone."""
        faults = world().faults
        faults.at("before a message is sent")
        primitives.kernel().pause()
        if self.is_closed or self.peer.is_closed:
            raise BrokenPipeError
        self.peer._received.append(content)
        if b'"Attempt' in content[:24] and faults.strikes("duplicate", "a message"):
            self.peer._received.append(content)
        self.peer._tell()
        faults.at("after a message is sent")

    def hang_up(self) -> None:
        """Say no more; what was said is heard."""
        self.peer.is_at_end = True
        self.peer._tell()

    def close(self) -> None:
        """It is gone."""
        self.is_closed = True
        self.hang_up()

    def drain(self) -> list[bytes]:
        """All that has come."""
        contents = list(self._received)
        self._received.clear()
        return contents

    def receive(self) -> Iterator[bytes] | None:
        """What has come, waiting for some; None: the other end is gone."""
        kernel = primitives.kernel()
        while not self._received:
            if self.is_at_end:
                return None
            self._waiting = kernel.current
            kernel.block()
        kernel.sleep(kernel.moment(_TRANSIT))
        return iter(self.drain())

    def has_news(self) -> bool:
        """Its reader has something to do."""
        return bool(self._received) or self.is_at_end

    def _tell(self) -> None:
        if self._waiting is not None:
            primitives.kernel().wake(self._waiting)
        self.on_news()


class VirtualReader:
    """dalsegno.worker.channel_reader.ChannelReader; code processes say what they have to say through it too."""

    def __init__(self) -> None:
        self.process = primitives.current_process()
        self.process.own["reader"] = self
        self._channels: dict[VirtualChannel, Listener] = {}
        self._said: deque[Callable[[], None]] = deque()
        self._news = primitives.Event()
        self._is_closed = False
        self._thread = primitives.Thread(self._read, name="channels")
        self._thread.start()

    def add(self, channel: VirtualChannel, listener: Listener) -> None:
        """Read it from now on."""
        self._channels[channel] = listener
        channel.on_news = self._news.set
        self._news.set()

    def remove(self, channel: VirtualChannel) -> None:
        """Read it no more."""
        self._channels.pop(channel, None)

    def say(self, what: Callable[[], None]) -> None:
        """Is called in the reading thread."""
        self._said.append(what)
        self._news.set()

    def close(self) -> None:
        """Read nothing any more."""
        self._is_closed = True
        self._news.set()
        self._thread.join()

    def _read(self) -> None:
        kernel = primitives.kernel()
        while not self._is_closed:
            self._news.wait()
            self._news.clear()
            kernel.sleep(kernel.moment(_TRANSIT))
            while self._said:
                self._said.popleft()()
            for channel, listener in list(self._channels.items()):
                if channel in self._channels and channel.has_news():
                    self._read_one(channel, listener)

    def _read_one(self, channel: VirtualChannel, listener: Listener) -> None:
        ended = channel.is_at_end
        for content in channel.drain():
            listener.on_message(content)
        if ended and channel in self._channels:
            self.remove(channel)
            listener.on_end()


class VirtualCode:
    """dalsegno.worker.loaded_code.LoadedCode: a code process with the author's code as it is when it loads."""

    def __init__(
        self, _source: Any, _storage: str, _durability: Any, folder: Any, reader: VirtualReader, on_message: Any
    ) -> None:
        self.snapshots: Mapping[str, Any] = {}
        self.folder = folder
        self._on_message = on_message
        self._reader = reader
        self._world = world()
        self.process = self._world.kernel.process(f"{reader.process.name}/code", parent=reader.process)
        self.process.on_end = lambda _how: self._reader.say(lambda: on_message(self, None))
        self.version = self._world.author.version
        kernel = self._world.kernel
        kernel.after(kernel.moment(_LOADING), self._load)

    @property
    def pid(self) -> int:
        """Of the code process."""
        return self.process.pid

    def fork(self, number: int, channel: VirtualChannel) -> bool:
        """Ask for a step process."""
        if self.process.is_dead:
            return False
        kernel = self._world.kernel
        kernel.after(kernel.moment(_FORKING), lambda: self._fork(number, channel))
        return True

    def stop(self) -> None:
        """End it with all that it has forked."""
        self._world.kernel.kill(self.process, "exit code 0")

    def wait(self) -> str:
        """How it has ended."""
        return "signal 9 (SIGKILL)"

    def notice(self) -> None:
        """The author has changed a file."""
        if self.version != self._world.author.version:
            self._say(FilesChanged())

    def _say(self, message: FromCodeProcess) -> None:
        if not self.process.is_dead:
            self._reader.say(lambda: self._on_message(self, message))

    def _load(self) -> None:
        if self.process.is_dead:
            return
        author = self._world.author
        self.version = author.version
        author.watchers.append(self)
        if author.is_broken:
            self._say(LoadFailed(ErrorInfo(class_name="SyntaxError", message="the author is at it")))
            return
        repository = author.repository(self.version)
        self._say(Loaded(tuple(one.snapshot for one in repository.pipelines.values())))

    def _fork(self, number: int, channel: VirtualChannel) -> None:
        if self.process.is_dead:
            return
        process = self._world.kernel.process(f"{self.process.name}/{number}", parent=self.process)

        def end(how: str) -> None:
            channel.close()
            self._say(StepExited(number, how))

        process.on_end = end
        process.own["number"] = number
        channel.process = process
        repository = self._world.author.repository(self.version)
        captured: Any = NoCapture()
        real_channel: Any = channel

        def serve() -> None:
            # As a real one does whose worker does not listen any more.
            with suppress(BrokenPipeError):
                StepProcess(real_channel, repository, self._world.storage, captured).serve()
            self._world.kernel.kill(process, "exit code 0")

        self._world.kernel.spawn(process, serve)
        self._say(Forked(number, process.pid))


class NoCapture:
    """CapturedStreams, CapturedPrints: nothing is printed here. It knows which attempt is made."""

    def __init__(self, _storage: Any = None, _run_id: str = "", step_key: str = "", token: str = "") -> None:
        if token:
            self.begin(Attempt(step_key, 0, token))

    def begin(self, attempt: Attempt) -> None:
        """It is this attempt's from now on."""
        primitives.current_process().own["attempt_token"] = attempt.token

    def end(self, _run_id: str, _attempt: Attempt) -> CapturedOutput:
        """Nothing."""
        return CapturedOutput()

    def captured(self) -> CapturedOutput:
        """Nothing."""
        return CapturedOutput()

    def __enter__(self) -> NoCapture:
        return self

    def __exit__(self, *_: object) -> None:
        pass


class VirtualInterrupts(Interrupts):
    """By virtual signals."""

    def __enter__(self) -> VirtualInterrupts:
        self._thread = primitives.kernel().current
        primitives.current_process().on_interrupt = self.interrupt
        return self

    def __exit__(self, *_: object) -> None:
        primitives.current_process().on_interrupt = None

    def interrupt(self) -> None:
        """SIGINT comes."""
        self.requested = True
        if self._allowed and self._thread is not None:
            primitives.kernel().throw(self._thread, KeyboardInterrupt())


def send_signal(pid: int, number: Signals) -> None:
    """os.kill."""
    kernel = primitives.kernel()
    process = next((one for one in kernel.processes if one.pid == pid), None)
    if process is None or process.is_dead:
        raise ProcessLookupError
    if number is Signals.SIGKILL:
        kernel.kill(process)
    elif process.on_interrupt is not None:
        process.on_interrupt()


def kill_group(_pid: int) -> None:
    """Steps start no processes here."""
