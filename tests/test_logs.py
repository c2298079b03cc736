"""Logs are JSON for machines and text for people, and tell which run, step and attempt they are about."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from dalsegno.logs import set_up_logging
from dalsegno.settings import LogFormat, LogLevel, Settings

LOG = logging.getLogger("dalsegno.some.module")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("dalsegno")
    before = list(root.handlers), root.level, ours.level
    yield
    root.handlers[:], root.level, ours.level = before


def settings(**changes: Any) -> Settings:
    return replace(Settings.load({}, Path("/nowhere")), **changes)


def logged(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_a_json_object_with_the_fields_of_the_process_and_its_own() -> None:
    stream = io.StringIO()
    set_up_logging(settings(), stream, worker_id="host:1:ab")
    LOG.warning("Step %s failed", "train", extra={"run_id": "r", "step_key": "train", "attempt": 2})
    (line,) = logged(stream)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "Step train failed",
        "level": "warning",
        "logger": "dalsegno.some.module",
        "worker_id": "host:1:ab",
        "run_id": "r",
        "step_key": "train",
        "attempt": 2,
    }


def test_an_exception_is_in_its_line() -> None:
    stream = io.StringIO()
    set_up_logging(settings(), stream)
    try:
        raise ValueError("what went wrong")
    except ValueError:
        LOG.exception("It failed")
    (line,) = logged(stream)
    assert "ValueError: what went wrong" in line["exception"]


@pytest.mark.parametrize(
    ("log_format", "stream", "is_json"),
    [
        (LogFormat.AUTO, io.StringIO, True),
        (LogFormat.AUTO, Terminal, False),
        (LogFormat.JSON, Terminal, True),
        (LogFormat.TEXT, io.StringIO, False),
    ],
)
def test_text_is_for_terminals_unless_it_is_said_otherwise(
    log_format: LogFormat, stream: type[io.StringIO], is_json: bool
) -> None:
    target = stream()
    set_up_logging(settings(log_format=log_format), target)
    LOG.warning("hello", extra={"run_id": "r-1"})
    assert target.getvalue().startswith("{") is is_json
    assert "hello" in target.getvalue() and "r-1" in target.getvalue()


def test_as_text_an_exception_does_not_show_what_variables_hold() -> None:
    target = Terminal()
    set_up_logging(settings(), target)
    try:
        password = "hunter2"
        raise ValueError(len(password))
    except ValueError:
        LOG.exception("It failed")
    assert "ValueError: 7" in target.getvalue()
    assert "hunter2" not in target.getvalue().replace('password = "hunter2"', "")


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        (LogLevel.DEBUG, ["debug", "info", "warning"]),
        (LogLevel.INFO, ["info", "warning"]),
        (LogLevel.WARNING, ["warning"]),
        (LogLevel.ERROR, []),
    ],
)
def test_the_level_is_for_our_own_lines(level: LogLevel, shown: list[str]) -> None:
    stream = io.StringIO()
    set_up_logging(settings(log_level=level), stream)
    for name in ("debug", "info", "warning"):
        getattr(LOG, name)("hello")
        logging.getLogger("another.library").log(logging.INFO, "chatter")
    assert [line["level"] for line in logged(stream)] == shown
