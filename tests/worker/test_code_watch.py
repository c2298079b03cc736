"""Watching files: no change is missed, and none is seen that is not there."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from dalsegno.worker.code_watch import CodeWatch, files_beside, files_loaded

LONG_AGO = 1_000_000_000


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "code.py"
    made.write_text("1")
    os.utime(made, (LONG_AGO, LONG_AGO))
    return made


def watch(*files: Path, loading_since: float | None = None) -> CodeWatch:
    return CodeWatch(lambda: map(str, files), time.time() if loading_since is None else loading_since)


def test_files_that_nobody_touches_have_not_changed(file: Path) -> None:
    assert not watch(file).has_changed()


def test_a_file_written_anew_or_gone_has_changed(file: Path) -> None:
    watched = watch(file)
    file.write_text("22")
    assert watched.has_changed()
    assert not watched.has_changed()
    file.unlink()
    assert watched.has_changed()


def test_a_file_as_long_as_before_has_changed_by_its_time(file: Path) -> None:
    watched = watch(file)
    file.write_text("2")
    assert watched.has_changed()


def test_what_was_written_while_it_was_loaded_counts_as_changed_once(file: Path) -> None:
    began = time.time()
    file.write_text("2")
    watched = watch(file, loading_since=began)
    assert watched.has_changed()
    assert not watched.has_changed()


def test_a_file_from_the_future_does_not_change_for_ever(file: Path) -> None:
    os.utime(file, (time.time() + 3600, time.time() + 3600))
    assert not watch(file).has_changed()


def test_of_code_that_does_not_import_all_that_may_mend_it_is_watched(tmp_path: Path) -> None:
    (tmp_path / "package").mkdir()
    (tmp_path / ".venv").mkdir()
    for name in ("main.py", "package/module.py", ".venv/other.py", "notes.txt"):
        (tmp_path / name).touch()
    watched = CodeWatch(lambda: files_beside(tmp_path, ImportError("no module")), time.time() + 60)
    assert not watched.has_changed()
    (tmp_path / "package" / "new.py").touch()
    assert watched.has_changed()
    (tmp_path / "notes.txt").write_text("more")
    assert not watched.has_changed()


def test_files_on_the_way_to_an_error_are_watched_wherever_they_are(tmp_path: Path) -> None:
    try:
        compile("def (", str(tmp_path / "elsewhere.py"), "exec")
    except SyntaxError as error:
        found = set(files_beside(tmp_path / "here", error))
    assert {str(tmp_path / "elsewhere.py"), __file__} <= found


def test_modules_of_authors_are_watched_and_no_others() -> None:
    found = files_loaded()
    assert __file__ in found
    assert pytest.__file__ not in found
    assert os.__file__ not in found
