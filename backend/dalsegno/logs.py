"""Logs of the service and of workers: JSON for machines, text for a terminal, with fields in both."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from dalsegno.settings import LogFormat, LogLevel, Settings

_OURS = "dalsegno"


def set_up_logging(settings: Settings, stream: TextIO | None = None, **fields: str) -> None:
    """From now on this process logs to `stream`, by default standard error; each line has these fields.

    What others than Dalsegno log is shown from WARNING on. `extra` of a call of `logging` becomes fields of its line.
    """
    target = sys.stderr if stream is None else stream
    handler = logging.StreamHandler(target)
    handler.setFormatter(_formatter(settings.log_format, target, fields))
    root = logging.getLogger()
    for before in list(root.handlers):
        root.removeHandler(before)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(_OURS).setLevel(_level(settings.log_level))


def _level(level: LogLevel) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _formatter(log_format: LogFormat, target: TextIO, fields: dict[str, str]) -> logging.Formatter:
    is_text = log_format is LogFormat.TEXT or (log_format is LogFormat.AUTO and target.isatty())
    renderers: list[Processor] = (
        # Its own way of showing exceptions shows the values of local variables, which may be secrets.
        [structlog.dev.ConsoleRenderer(colors=target.isatty(), exception_formatter=structlog.dev.plain_traceback)]
        if is_text
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            _with(fields),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
    )


def _with(fields: dict[str, str]) -> Processor:
    def add(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
        return {**line, **fields}

    return add
