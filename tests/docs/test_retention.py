"""What docs/retention.md says: its commands, every option, and its Python."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from dalsegno import execute_pipeline, pipeline, step
from dalsegno.cli import app
from dalsegno.instance import Instance
from tests.docs.documents import blocks, code, document, tables

TEXT = document("retention.md")


@step
def load() -> int:
    return 1


@pipeline
def train() -> None:
    load()


@pytest.fixture
def prune(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Calls the command in a folder with three groups; what it prints."""
    monkeypatch.chdir(tmp_path)
    for name in ("DALSEGNO_DATABASE_URL", "DALSEGNO_STORAGE_URL"):
        monkeypatch.delenv(name, raising=False)
    with Instance.open() as instance:
        for _ in range(3):
            execute_pipeline(train, instance=instance)

    def call(command: str) -> str:
        capfd.readouterr()
        program, *arguments = shlex.split(command)
        assert program == "dalsegno"
        with pytest.raises(SystemExit) as ended:
            app(arguments, prog_name="dalsegno")
        assert ended.value.code == 0, capfd.readouterr().err
        return capfd.readouterr().out

    return call


def test_its_commands_work(prune: Callable[[str], str]) -> None:
    (console,) = blocks(TEXT, "console")
    look, delete = [line.removeprefix("$ ") for line in console.splitlines()]
    assert prune(look).startswith("To be deleted: 0 groups")
    assert prune(f"{delete} --yes").startswith("Deleted: 0 groups")


def test_each_option_picks_what_its_row_says(prune: Callable[[str], str]) -> None:
    (rows,) = tables(TEXT, "option", "groups that go")
    picked = {}
    for option in (code(row[0])[0] for row in rows):
        without_age = "" if option.startswith(("--older", "--keep")) else "--keep-last 1 "
        picked[option] = prune(f"dalsegno prune {without_age}{option} --dry-run").splitlines()[-1][:25]
    assert picked == {
        "--older-than 30d": "To be deleted: 0 groups w",
        "--keep-last 10": "To be deleted: 0 groups w",
        "--status success": "To be deleted: 2 groups w",
        "--pipeline train": "To be deleted: 2 groups w",
    }
    for age in code(rows[0][1]):
        prune(f"dalsegno prune --older-than {age} --dry-run")


@pytest.mark.usefixtures("prune")
def test_its_python_works(capfd: pytest.CaptureFixture[str]) -> None:
    (program,) = blocks(TEXT, "python")
    exec(compile(program, "retention.md", "exec"), {})
    assert capfd.readouterr().out.split() == ["0", "0"]
