"""Which stored files the record of a run vouches for."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select

from dalsegno.runs.status import StepStatus
from dalsegno.store.script import Script
from dalsegno.store.tables import attempts, outputs


class RecordedFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Of one run."""

    # Of attempts that succeeded: the step's key and the attempt's token.
    succeeded: tuple[tuple[str, str], ...]
    # Of outputs and captured prints.
    uris: frozenset[str]


_ATTEMPTS = select(
    attempts.c.step_key, attempts.c.token, attempts.c.status, attempts.c.stdout, attempts.c.stderr
).where(attempts.c.run_id == bindparam("of_run"))
_URIS = select(outputs.c.uri).where(outputs.c.run_id == bindparam("of_run"), outputs.c.uri.is_not(None))


def recorded_files(run_id: str) -> Script[RecordedFiles]:
    """What successful attempts made, whatever it is called, and what any attempt printed."""
    made = yield _ATTEMPTS, {"of_run": run_id}
    stored = yield _URIS, {"of_run": run_id}
    logs = [log.uri for row in made for log in (row.stdout, row.stderr) if log is not None]
    return RecordedFiles(
        succeeded=tuple((row.step_key, row.token) for row in made if row.status == StepStatus.SUCCESS),
        uris=frozenset([*logs, *(row.uri for row in stored)]),
    )
