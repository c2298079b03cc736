"""`DagsterInstance`: an instance with the names that Dagster code knows."""

from __future__ import annotations

from typing import Any, Self

from dalsegno.dagster.refusals import refuse_argument, refuse_arguments
from dalsegno.errors import RunNotFoundError
from dalsegno.instance import Instance
from dalsegno.runs.run import Run


class DagsterInstance(Instance):
    """Runs, their records and their outputs."""

    @classmethod
    def get(cls) -> Self:
        """The project's own, on the database that the settings name. Raises what `Instance.open` raises."""
        return cls.open()

    @classmethod
    def ephemeral(cls, tempdir: str | None = None, **others: Any) -> Self:
        """An instance in a temporary folder, which goes when it is closed or forgotten."""
        if tempdir is not None:
            refuse_argument("tempdir", "Instance.open(url, storage_url=...) keeps what it is told", place="ephemeral")
        refuse_arguments(others, place="ephemeral", known=("tempdir",))
        return super().ephemeral()

    def get_run_by_id(self, run_id: str) -> Run | None:
        """The run of that id; None where there is none."""
        try:
            return self.run(run_id)
        except RunNotFoundError:
            return None
