"""Statements that SQLAlchemy has only per database, in the form that both of ours read."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Insert, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class InsertOrIgnore(Insert):
    """Inserts a row, or does nothing where a row with one of its unique keys stands already."""

    inherit_cache = True


class InsertOrReplace(Insert):
    """Inserts a row, or sets every other column of the row with the same primary key."""

    inherit_cache = True


class database_now(FunctionElement[int]):  # noqa: N801 - read as a function in statements
    """The database's clock, in microseconds since 1970 UTC, to the millisecond."""

    type = BigInteger()
    inherit_cache = True


class announced(FunctionElement[str]):  # noqa: N801 - read as a function in statements
    """Tells whoever waits for changes, once the transaction is committed, of a run id; "" for anything else.

    A column of a SELECT or RETURNING: it tells once a row. On SQLite nothing is to be told.
    """

    type = Text()
    inherit_cache = True


class locked(FunctionElement[str]):  # noqa: N801 - read as a function in statements
    """Makes other transactions that lock the same name wait for the end of this one. SQLite has one writer anyway."""

    type = Text()
    inherit_cache = True


@compiles(InsertOrIgnore)
def _insert_or_ignore(insert: InsertOrIgnore, compiler: SQLCompiler, **options: Any) -> str:
    return f"{_insert(insert, compiler, options)} ON CONFLICT DO NOTHING"


@compiles(InsertOrReplace)
def _insert_or_replace(insert: InsertOrReplace, compiler: SQLCompiler, **options: Any) -> str:
    quote = compiler.preparer.format_column
    key = ", ".join(quote(column) for column in insert.table.primary_key)
    values = ", ".join(
        f"{quote(column)} = excluded.{quote(column)}" for column in insert.table.columns if not column.primary_key
    )
    return f"{_insert(insert, compiler, options)} ON CONFLICT ({key}) DO UPDATE SET {values}"


def _insert(insert: Insert, compiler: SQLCompiler, options: dict[str, Any]) -> str:
    statement: str = compiler.visit_insert(insert, **options)  # type: ignore[no-untyped-call]
    return statement


@compiles(database_now, "sqlite")
def _sqlite_now(_now: database_now, _compiler: SQLCompiler, **_options: Any) -> str:
    # 2440587.5 is the Julian day of 1970-01-01.
    return "(CAST(ROUND((julianday('now') - 2440587.5) * 86400000.0) AS INTEGER) * 1000)"


@compiles(database_now, "postgresql")
def _postgres_now(_now: database_now, _compiler: SQLCompiler, **_options: Any) -> str:
    # Not now(), which is the transaction's start, perhaps long before its lock was granted.
    return "(CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) * 1000)"


# The channel that Postgres's listeners listen on.
CHANNEL = "dalsegno"


@compiles(announced, "sqlite")
def _sqlite_announced(_announced: announced, _compiler: SQLCompiler, **_options: Any) -> str:
    return "NULL"


@compiles(announced, "postgresql")
def _postgres_announced(element: announced, compiler: SQLCompiler, **options: Any) -> str:
    return f"pg_notify('{CHANNEL}', {compiler.process(element.clauses, **options)})"


@compiles(locked, "sqlite")
def _sqlite_locked(_locked: locked, _compiler: SQLCompiler, **_options: Any) -> str:
    return "NULL"


@compiles(locked, "postgresql")
def _postgres_locked(element: locked, compiler: SQLCompiler, **options: Any) -> str:
    name = compiler.process(element.clauses, **options)
    return f"CAST(pg_advisory_xact_lock(hashtextextended({name}, 0)) AS TEXT)"
