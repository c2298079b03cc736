"""A disk that is full or read-only: a clear error, and nothing damaged. Real file systems of 2 MB are mounted."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import dalsegno


def play(scenario: str, tmp_path: Path) -> Any:
    """Run a scenario in a mount namespace of its own, as whoever runs the tests."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.fail("`unshare` is needed to mount a small disk (Debian, Ubuntu: apt-get install util-linux)")
    place = tmp_path / "disk"
    place.mkdir()
    program = Path(__file__).with_name("disk_scenarios.py")
    done = subprocess.run(
        [
            unshare,
            "--mount",
            *([] if os.geteuid() == 0 else ["--map-root-user"]),
            sys.executable,
            program,
            scenario,
            place,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONPATH": str(Path(dalsegno.__file__).parents[1])},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_database_on_a_full_disk_refuses_the_launch_and_stays_whole(tmp_path: Path) -> None:
    found = play("database_on_a_full_disk", tmp_path)
    assert found["error"]["class"] == "StoreUnavailableError"
    assert "full" in found["error"]["message"]
    assert found["first"] == found["first_after"] == "SUCCESS"
    assert found["goes_on"]


def test_outputs_on_a_full_disk_fail_their_step_alone_and_from_failure_goes_on(tmp_path: Path) -> None:
    found = play("outputs_on_a_full_disk", tmp_path)
    assert (found["status"], found["small"]) == ("FAILURE", "SUCCESS")
    assert found["error"]["class"].endswith("OutputNotStoredError")
    assert "No space left" in found["error"]["message"]
    assert found["again"]
    assert found["executed"] == ["large"]
    assert not [name for name in found["left_over"] if "~" in name]


def test_a_read_only_disk_refuses_the_launch_and_nothing_is_stored(tmp_path: Path) -> None:
    found = play("read_only", tmp_path)
    assert found["error"]["class"] == "StoreUnavailableError"
    assert found["runs"] == ["SUCCESS"]
