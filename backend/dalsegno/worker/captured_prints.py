"""What a step prints in this process: kept with the attempt, and shown where it would have been anyway."""

from __future__ import annotations

import io
import sys
from types import TracebackType
from typing import TextIO

from dalsegno.output_storage import OutputStorage
from dalsegno.worker.captured_limit import BoundedWriter
from dalsegno.worker.run_execution import CapturedOutput


class CapturedPrints:
    """Takes over sys.stdout and sys.stderr while it is entered; `captured()` tells afterwards where they are kept.

    Steps run one after the other here, so whatever is printed meanwhile, by whatever thread, is the step's.
    """

    def __init__(self, storage: OutputStorage, run_id: str, step_key: str, token: str) -> None:
        self._writers = tuple(
            BoundedWriter(storage.open_log(run_id, step_key, token, name)) for name in ("stdout", "stderr")
        )
        self._originals: tuple[TextIO, TextIO] | None = None

    def __enter__(self) -> CapturedPrints:
        self._originals = sys.stdout, sys.stderr
        sys.stdout = _Tee(self._originals[0], self._writers[0])
        sys.stderr = _Tee(self._originals[1], self._writers[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._originals is not None:
            sys.stdout, sys.stderr = self._originals

    def captured(self) -> CapturedOutput:
        """Where what was printed is kept; None for a stream that nothing was printed to."""
        stdout, stderr = (writer.close() for writer in self._writers)
        return CapturedOutput(stdout=stdout, stderr=stderr)


class _Tee(io.TextIOBase):
    """Writes to the original stream and keeps a copy. A copy that can't be kept fails no step."""

    def __init__(self, original: TextIO, copy: BoundedWriter) -> None:
        self._original = original
        self._copy = copy

    def write(self, text: str) -> int:
        self._original.write(text)
        self._copy.write(text.encode("utf-8", "replace"))
        return len(text)

    def flush(self) -> None:
        self._original.flush()

    def isatty(self) -> bool:
        return self._original.isatty()

    def fileno(self) -> int:
        return self._original.fileno()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._original.encoding or "utf-8"
