"""What happens on a disk that is full or read-only; run as a program on a small disk of its own."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from dalsegno import DalsegnoError, Instance, execute_pipeline, pipeline, reexecute_pipeline, step
from tests.small_disk import fill, main

SIZE = {"bytes": 10}


@step
def small() -> int:
    return 1


@step
def large(one: int) -> bytes:
    return bytes(SIZE["bytes"])


@pipeline
def growing() -> None:
    large(small())


def told(error: DalsegnoError) -> dict[str, Any]:
    return {"class": type(error).__name__, "message": error.message}


def database_on_a_full_disk(folder: Path) -> dict[str, Any]:
    """The database is on the full disk: nothing can be launched, and what was there is whole."""
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    with Instance.open(f"sqlite:///{folder}/runs.db", storage_url=str(elsewhere)) as instance:
        before = execute_pipeline(growing, instance=instance)
        filler = fill(folder)
        found: dict[str, Any] = {"first": str(before.status)}
        try:
            for _ in range(200):  # a few pages may still be free within the file itself
                execute_pipeline(growing, instance=instance)
        except DalsegnoError as error:
            found["error"] = told(error)
        filler.unlink()
    with Instance.open(f"sqlite:///{folder}/runs.db", storage_url=str(elsewhere)) as instance:
        found["first_after"] = str(instance.run(before.run_id).status)
        found["goes_on"] = execute_pipeline(growing, instance=instance).success
    return found


def outputs_on_a_full_disk(folder: Path) -> dict[str, Any]:
    """Outputs are on the full disk: the step fails clearly, and from failure goes on once there is room."""
    with Instance.open(f"sqlite:///{folder.parent}/runs.db", storage_url=str(folder)) as instance:
        SIZE["bytes"] = 4_000_000
        failed = execute_pipeline(growing, instance=instance)
        SIZE["bytes"] = 10
        again = reexecute_pipeline(growing, failed.run_id, strategy="FROM_FAILURE", instance=instance)
        failure = failed.result_for_solid("large").failure
        assert failure is not None
        return {
            "status": str(failed.status),
            "small": str(failed.step_stats["small"].status),
            "error": {"class": failure.class_name, "message": failure.message},
            "left_over": [file.name for file in folder.rglob("*") if file.is_file() and "large" in file.name],
            "again": again.success,
            "executed": again.run.step_keys_to_execute,
        }


def read_only(folder: Path) -> dict[str, Any]:
    """The whole disk is read-only: opening or launching says so, and nothing changes."""
    url = f"sqlite:///{folder}/runs.db"
    with Instance.open(url, storage_url=str(folder / "storage")) as instance:
        first = execute_pipeline(growing, instance=instance)
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    found: dict[str, Any] = {}
    try:
        with Instance.open(url, storage_url=str(folder / "storage")) as instance:
            reexecute_pipeline(growing, first.run_id, instance=instance)
    except DalsegnoError as error:
        found["error"] = told(error)
    subprocess.run(["mount", "-o", "remount,rw", str(folder)], check=True)
    with Instance.open(url, storage_url=str(folder / "storage")) as instance:
        found["runs"] = [str(run.status) for run in instance.runs()]
    return found


if __name__ == "__main__":
    main({one.__name__: one for one in (database_on_a_full_disk, outputs_on_a_full_disk, read_only)})
