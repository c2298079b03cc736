"""An exception as data: its class, message, traceback in the author's own frames, and what caused it."""

from __future__ import annotations

import os
import traceback
from pathlib import Path
from types import TracebackType

from dalsegno.errors import OutputUnavailableError
from dalsegno.runs.attempts import ErrorInfo, UnavailableOutput

# A message, or a traceback, longer than this is cut in the middle.
MAX_TEXT = 64_000  # code points
MAX_CAUSES = 10

_OURS = f"{Path(__file__).parents[1]}{os.sep}"


def error_info(error: BaseException) -> ErrorInfo:
    """Describe an exception, with its causes."""
    return _describe(error, MAX_CAUSES)


def _describe(error: BaseException, depth: int) -> ErrorInfo:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frames = _author_frames(error.__traceback__)
    shown = traceback.format_exception(type(error), error, frames, chain=False)
    kind = type(error)
    return ErrorInfo(
        class_name=kind.__name__
        if kind.__module__ in ("builtins", "__main__")
        else f"{kind.__module__}.{kind.__name__}",
        message=_cut(_message(error)),
        traceback=_cut("".join(shown)),
        cause=_describe(cause, depth - 1) if cause is not None and depth > 0 else None,
        unavailable_output=_unavailable_output(error),
    )


def _unavailable_output(error: BaseException) -> UnavailableOutput | None:
    if not isinstance(error, OutputUnavailableError):
        return None
    return UnavailableOutput(run_id=error.run_id, step_key=error.step_key, output_name=error.output_name)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001 - an author's __str__ may raise anything
        return f"<its message can't be shown: {type(broken).__name__}>"


def _author_frames(frames: TracebackType | None) -> TracebackType | None:
    """Without our own frames before the first one of the author; all, where the author has none."""
    frame = frames
    while frame is not None and frame.tb_frame.f_code.co_filename.startswith(_OURS):
        frame = frame.tb_next
    return frame or frames


def _cut(text: str) -> str:
    # Lone surrogates can't be stored as UTF-8.
    text = text.encode("utf-8", "replace").decode("utf-8")
    if len(text) <= MAX_TEXT:
        return text
    half = MAX_TEXT // 2
    return f"{text[:half]}\n... {len(text) - MAX_TEXT} characters left out ...\n{text[-half:]}"
