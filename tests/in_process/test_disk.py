"""A disk that is full or read-only: a clear error, and nothing damaged. Real file systems of 2 MB are mounted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests import small_disk


def play(scenario: str, tmp_path: Path) -> Any:
    return small_disk.play(Path(__file__).with_name("disk_scenarios.py"), scenario, tmp_path)


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
