"""Records a database as an earlier version of Dalsegno wrote it, for tests of the upgrade.

    git archive COMMIT backend | tar -x -C /somewhere/else
    PYTHONPATH=/somewhere/else/backend:. python tests/store/older/record.py tests/store/older/REVISION.json

COMMIT is the last one before the next revision came. The pipeline is the one of tests/store/older/harvest.py.
"""

from __future__ import annotations

import base64
import getpass
import json
import re
import socket
import sqlite3
import sys
import tempfile
from pathlib import Path

from dalsegno import Instance, execute_pipeline, reexecute_pipeline
from dalsegno.launch import LaunchOptions, new_run, plan_launch
from dalsegno.store.runs import create_run
from tests.store.older.harvest import harvest


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        with Instance.open(f"sqlite:///{folder}/runs.db", storage_url=f"{folder}/storage") as instance:
            make_runs(instance)
        texts = {
            folder: "@FOLDER@",
            str(Path(__file__).parents[3]): "@PROJECT@",
            socket.gethostname(): "@HOST@",
        }
        document = {
            "rows": json.loads(replaced(json.dumps(rows_in(f"{folder}/runs.db")), texts)),
            "files": files_in(Path(folder) / "storage"),
        }
    Path(sys.argv[1]).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", "utf-8")


def make_runs(instance: Instance) -> None:
    """A success, a failure that was re-executed and failed further on, another failure, and a run that waits."""
    config = {"steps": {"mill": {"config": {"breaks": False}}, "bake": {"config": {"burns": False}}}}
    execute_pipeline(harvest, run_config=config, tags={"team": "field"}, instance=instance)
    config["steps"]["mill"]["config"]["breaks"] = True
    broken = execute_pipeline(
        harvest, run_config=config, tags={"team": "mill"}, instance=instance, idempotency_key="once"
    )
    config["steps"]["mill"]["config"]["breaks"] = False
    config["steps"]["bake"]["config"]["burns"] = True
    reexecute_pipeline(
        harvest, broken.run_id, run_config=config, strategy="FROM_FAILURE", reason="mended", instance=instance
    )
    execute_pipeline(harvest, run_config=config, instance=instance)
    options = LaunchOptions(run_config={}, tags={"team": "night"})
    plan = plan_launch(harvest.snapshot, options)
    instance.database.write(create_run(new_run(plan, options), plan))


def rows_in(path: str) -> dict[str, list[dict[str, object]]]:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {table: [dict(row) for row in connection.execute(f"SELECT * FROM {table}")] for table in tables}


def files_in(storage: Path) -> dict[str, str]:
    return {
        str(file.relative_to(storage)): base64.b64encode(file.read_bytes()).decode()
        for file in sorted(storage.rglob("*"))
        if file.is_file()
    }


def replaced(text: str, texts: dict[str, str]) -> str:
    """Without what is of the machine where it was recorded."""
    for of_machine, ours in texts.items():
        text = text.replace(of_machine, ours)
    text = text.replace(f'"launched_by": "{getpass.getuser()}"', '"launched_by": "somebody"')
    return re.sub(r'"/[^"\\ ]*/(?=harvest\.py)', '"@PROJECT@/', text)


if __name__ == "__main__":
    main()
