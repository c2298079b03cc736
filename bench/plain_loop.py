"""The reference that steps are measured against: what a careful author would write by hand, and nothing more.

For each step: call the function, pickle its output to a temporary file, rename it, insert six rows into SQLite (WAL,
synchronous NORMAL), commit. A re-execution loads what it needs from the files that the run before it has stored.
"""

from __future__ import annotations

import os
import pickle
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROWS_PER_STEP = 6


class PlainLoop:
    """Steps as (key, keys of their inputs, function), in order."""

    def __init__(self, folder: Path, steps: Sequence[tuple[str, Sequence[str], Callable[..., Any]]]) -> None:
        self.folder = folder
        self.steps = steps
        self.database = sqlite3.connect(folder / "plain.db", isolation_level=None)
        self.database.execute("PRAGMA journal_mode = WAL")
        self.database.execute("PRAGMA synchronous = NORMAL")
        self.database.execute(
            "CREATE TABLE rows (id INTEGER PRIMARY KEY, run TEXT, step TEXT, kind TEXT, at REAL, data TEXT)"
        )
        self.runs = 0

    def run(self, first: int = 0, stored_in: str | None = None) -> str:
        """Execute from the step numbered `first` on; what earlier steps made is loaded from the run `stored_in`."""
        self.runs += 1
        run = f"run-{self.runs}"
        values: dict[str, Any] = {}
        made = {key for key, _, _ in self.steps[first:]}
        for key, inputs, function in self.steps[first:]:
            given = [values[one] if one in made else self._load(stored_in or run, one) for one in inputs]
            values[key] = function(*given)
            self._store(run, key, values[key])
        return run

    def close(self) -> None:
        self.database.close()

    def _store(self, run: str, key: str, value: Any) -> None:
        folder = self.folder / run
        os.makedirs(folder, exist_ok=True)
        temporary = folder / f".{key}"
        with open(temporary, "wb") as file:
            pickle.dump(value, file)
        os.replace(temporary, folder / key)
        self.database.execute("BEGIN IMMEDIATE")
        for kind in range(ROWS_PER_STEP):
            self.database.execute(
                "INSERT INTO rows (run, step, kind, at, data) VALUES (?, ?, ?, ?, ?)",
                (run, key, f"kind {kind}", 0.0, '{"size": 5, "uri": "somewhere"}'),
            )
        self.database.execute("COMMIT")

    def _load(self, run: str, key: str) -> Any:
        with open(self.folder / run / key, "rb") as file:
            return pickle.load(file)
