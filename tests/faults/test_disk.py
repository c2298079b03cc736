"""A worker and the service on a full disk: a clear failure, nothing damaged, and on they go once there is room."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests import small_disk


def play(scenario: str, tmp_path: Path) -> Any:
    return small_disk.play(Path(__file__).with_name("disk_scenarios.py"), scenario, tmp_path)


def test_a_worker_waits_while_the_disk_of_its_database_is_full_and_loses_nothing(tmp_path: Path) -> None:
    found = play("worker_whose_database_is_on_a_full_disk", tmp_path)
    assert found["problem"] == "its disk is full"
    assert (found["status"], found["another"]) == ("SUCCESS", "SUCCESS")
    assert found["attempts"] == {"small": 1, "held": 1}
    assert found["numbers_are_dense"]
    assert found["is_whole"]


def test_an_output_for_which_there_is_no_room_fails_its_step_alone(tmp_path: Path) -> None:
    found = play("worker_whose_outputs_are_on_a_full_disk", tmp_path)
    assert found["status"] == "FAILURE"
    class_name, message = found["error"]
    assert class_name == "dalsegno.errors.OutputNotStoredError"
    assert "No space left" in message
    assert found["left_over"] == []
    assert found["again"] == ["SUCCESS", ["large"]]
    assert found["worker"] == "SUCCESS"


def test_a_service_refuses_what_it_can_not_store_and_goes_on(tmp_path: Path) -> None:
    found = play("service_whose_database_is_on_a_full_disk", tmp_path)
    assert found["launches"] == ["LaunchRunSuccess", "LaunchRunSuccess"]
    assert (found["refused"], found["listed"], found["alive"]) == ("STORE_UNAVAILABLE", 1, 200)
    assert found["count"] == 2
    assert found["is_whole"]
