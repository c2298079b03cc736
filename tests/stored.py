"""What is stored, looked at from outside, for tests of what must never change."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from sqlalchemy import text

from dalsegno.instance import Instance
from dalsegno.store.script import Script

TABLES_OF_A_RUN = ("runs", "steps", "attempts", "outputs", "events", "run_plans", "run_tags")


def everything_of(instance: Instance, run_id: str) -> str:
    """A hash of all that is stored of a run: its rows in every table, and its files byte for byte."""
    found: dict[str, Any] = {table: instance.database.read(_rows(table, run_id)) for table in TABLES_OF_A_RUN}
    folder = Path(instance.storage.location(run_id, "step", "token", "output")).parent
    for file in sorted(folder.rglob("*")):
        stat = file.stat()
        digest = hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""
        found[str(file)] = [digest, stat.st_mtime_ns, stat.st_ino]
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()


def everything_in(instance: Instance) -> str:
    """A hash of all rows of all tables, and of the names of all stored files."""
    tables = ("snapshots", "run_groups", *TABLES_OF_A_RUN, "bulks", "bulk_runs")
    rows = {table: instance.database.read(_rows(table, None)) for table in tables}
    folder = Path(instance.storage.location("run", "step", "token", "output")).parents[1]
    files = sorted(str(file) for file in folder.rglob("*"))
    return hashlib.sha256(json.dumps([rows, files], sort_keys=True).encode()).hexdigest()


def _rows(table: str, run_id: str | None) -> Script[list[str]]:
    where = "" if run_id is None else "WHERE run_id = :run_id"
    rows = yield text(f"SELECT * FROM {table} {where}"), {} if run_id is None else {"run_id": run_id}
    return sorted(map(str, rows))
