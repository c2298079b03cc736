"""What steps print while a run's progress is shown."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class LineStream(io.TextIOBase):
    """A text stream that hands on whole lines."""

    def __init__(self, take: Callable[[str], None]) -> None:
        super().__init__()
        self._take = take
        self._rest = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Anything that text can hold may be printed."""
        return "utf-8"

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Hand on the lines that `text` completes."""
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            # Of a progress bar, which redraws its line, the last state.
            self._take(line.rstrip("\r").rpartition("\r")[2])
        return len(text)

    def finish(self) -> None:
        """Hand on what is left of a last line."""
        if self._rest:
            self.write("\n")


@contextmanager
def prints_taken(take: Callable[[str], None]) -> Iterator[Callable[[], None]]:
    """Hand each line that is printed, on standard output or error, to `take`; the function given ends open lines."""
    out, err = LineStream(take), LineStream(take)

    def end_lines() -> None:
        out.finish()
        err.finish()

    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err
    try:
        yield end_lines
    finally:
        sys.stdout, sys.stderr = before
        end_lines()
