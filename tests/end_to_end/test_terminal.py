"""The command in a real terminal, and stopped by Ctrl-C."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

DALSEGNO = Path(sys.executable).with_name("dalsegno")
PIPELINE = """
import pathlib, time
from dalsegno import pipeline, step

@step
def load() -> int:
    print("loading rows")
    return 3

@step
def train(number: int) -> int:
    print("training", flush=True)
    while pathlib.Path("wait").exists():
        time.sleep(0.01)
    return number

@pipeline
def training():
    train(load())
"""
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7][0-9;]*m")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "training.py").write_text(PIPELINE)
    return tmp_path


def environment(**extra):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DALSEGNO_")}
    return {**inherited, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30", **extra}


def called(folder, *arguments):
    """The command in a pipe, to its end."""
    return subprocess.run(
        [DALSEGNO, *arguments], cwd=folder, capture_output=True, text=True, check=False, env=environment()
    )


def in_terminal(folder, *arguments, **extra):
    """What the command writes to a terminal, and its exit code."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [DALSEGNO, *arguments], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(**extra)
    )
    os.close(theirs)
    written = bytearray()
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        written += part
    os.close(ours)
    return written.decode(), process.wait()


def test_a_terminal_shows_a_table_that_redraws_itself_and_the_prints_above_it(folder):
    text, code = in_terminal(folder, "run", "-f", "training.py")
    assert code == 0
    assert "load │ " in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    assert "loading rows" in text
    # The cursor goes up to draw over what stood there.
    assert "\x1b[1A" in text
    assert COLOUR.search(text)
    assert "✓ success" in text


def test_no_color_is_respected_and_nothing_is_lost_without_colour(folder):
    text, code = in_terminal(folder, "run", "-f", "training.py", NO_COLOR="1")
    assert code == 0
    assert not COLOUR.search(text)
    assert "✓ success" in text


def test_a_terminal_that_can_not_move_its_cursor_gets_lines(folder):
    text, code = in_terminal(folder, "run", "-f", "training.py", TERM="dumb")
    assert code == 0
    assert "\x1b" not in text
    assert "load   started" in text


def test_ctrl_c_ends_the_run_as_canceled_with_what_succeeded_and_exits_130(folder):
    (folder / "wait").touch()
    with subprocess.Popen(
        [DALSEGNO, "run", "-f", "training.py"], cwd=folder, stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.endswith("| training\n"):
                break
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
    assert process.returncode == 130
    assert "canceled" in rest
    (folder / "wait").unlink()
    document = json.loads(called(folder, "show", "last", "--json").stdout)
    assert document["run"]["status"] == "CANCELED"
    assert {step["step_key"]: step["status"] for step in document["steps"]} == {"load": "SUCCESS", "train": "CANCELED"}
    assert called(folder, "reexecute", "last").returncode == 0


def test_json_is_alone_on_standard_output_whatever_the_code_prints(folder):
    code = 'import os\nprint("imported")\nos.write(1, b"past Python\\n")\n' + PIPELINE
    (folder / "training.py").write_text(code)
    done = called(folder, "run", "-f", "training.py", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["run"]["status"] == "SUCCESS"
    for text in ("imported", "past Python", "loading rows"):
        assert text in done.stderr


def test_a_reader_that_closes_early_gets_no_traceback(folder):
    called(folder, "run", "-f", "training.py")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [DALSEGNO, "runs"],
        cwd=folder,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
        check=False,
    )
    os.close(writing)
    assert done.stderr == ""
