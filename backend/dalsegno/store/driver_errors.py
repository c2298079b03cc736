"""Driver errors told in our words, at the edge where they arise."""

from __future__ import annotations

import sqlite3
from types import TracebackType

from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    NoSuchModuleError,
    NotSupportedError,
    ProgrammingError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from dalsegno.errors import StoreUnavailableError
from dalsegno.store.sqlite_lock import process_that_writes

# A mistake in a statement or in its values, not a fault of the database.
_OURS = (IntegrityError, ProgrammingError, DataError, NotSupportedError)

# Postgres's codes: who connects may not (28), or there is no such database (3D). To wait mends nothing.
_REFUSED = ("28", "3D")
_LOCKED = "database is locked"
# What drivers say of a file, and what it means to the reader.
_MEANINGS = (
    ("unable to open database file", "its file can't be opened"),
    ("readonly database", "it is read-only"),
    ("read-only transaction", "it is read-only"),
    ("database or disk is full", "its disk is full"),
    ("no space left", "its disk is full"),
    ("file is not a database", "its file is not a SQLite database"),
    ("malformed", "its file is damaged"),
    ("disk i/o error", "its disk fails to read or write"),
)


class TranslatedErrors:
    """A context in which an unusable database gives StoreUnavailableError. IntegrityError passes as it is."""

    def __init__(self, display_name: str) -> None:
        self._display_name = display_name

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, _OURS):
            return
        if isinstance(
            error, DBAPIError | sqlite3.Error | OSError | PoolTimeoutError | NoSuchModuleError | ArgumentError
        ):
            raise self._unavailable(error) from error
        if type(error).__module__.startswith("asyncpg."):
            raise self._unavailable(error) from error

    def _unavailable(self, error: BaseException) -> StoreUnavailableError:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        said = " ".join(str(cause).split())
        for words, meaning in _MEANINGS:
            if words in said.lower():
                return StoreUnavailableError(database=self._display_name, problem=meaning)
        if _LOCKED in said.lower():
            pid = process_that_writes(self._display_name)
            who = "another process" if pid is None else f"process {pid}"
            problem = f"{who} has kept it locked for too long"
            return StoreUnavailableError(database=self._display_name, problem=problem, may_pass=True)
        # SQLAlchemy prefixes the driver's class: "<class 'asyncpg.exceptions.X'>: text".
        text = said.partition(">: ")[2] if said.startswith("<class ") else said
        problem = text.rstrip(".") or type(cause).__name__
        sqlstate: str = getattr(cause, "sqlstate", None) or ""
        may_pass = not sqlstate.startswith(_REFUSED)
        return StoreUnavailableError(database=self._display_name, problem=problem, may_pass=may_pass)
