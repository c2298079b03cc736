"""A database operation as a generator: it yields statements, is sent their rows and returns its result.

A script knows no driver: it runs the same on a sync connection, and inside the greenlet of an async one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Executable, Row

T = TypeVar("T")

Parameters: TypeAlias = Mapping[str, Any] | Sequence[Mapping[str, Any]]
# A statement alone, or with the values of one row, or of several (none at all: it is not executed).
Statement: TypeAlias = Executable | tuple[Executable, Parameters]
AnyRow: TypeAlias = Row[*tuple[Any, ...]]
# Of a statement that gives no rows, none.
Rows: TypeAlias = Sequence[AnyRow]
Script: TypeAlias = Generator[Statement, Rows, T]
# What a driver does in one transaction.
Work: TypeAlias = Callable[[Connection], T]


def run_script(connection: Connection, script: Script[T]) -> T:
    """What the script returns, its statements executed in the connection's transaction."""
    try:
        statement = next(script)
        while True:
            statement = script.send(_execute(connection, statement))
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        script.close()


def _execute(connection: Connection, statement: Statement) -> Rows:
    if isinstance(statement, tuple):
        executable, parameters = statement
        if not parameters and not isinstance(parameters, Mapping):
            return ()
        result = connection.execute(executable, parameters)
    else:
        result = connection.execute(statement)
    return result.all() if result.returns_rows else ()
