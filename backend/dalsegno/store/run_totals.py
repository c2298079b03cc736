"""How many runs or groups a filter lets through."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Table, func, literal, select

from dalsegno.store.run_filter import RunFilter, group_conditions, run_conditions
from dalsegno.store.script import Script
from dalsegno.store.tables import run_groups, runs


def count_runs(wanted: RunFilter, at_most: int) -> Script[int]:
    """The number of runs, but never more than `at_most`: it is not counted further."""
    return (yield from _count(runs, run_conditions(wanted), at_most))


def count_groups(wanted: RunFilter, at_most: int) -> Script[int]:
    """The number of groups, but never more than `at_most`: it is not counted further."""
    return (yield from _count(run_groups, group_conditions(wanted), at_most))


def _count(table: Table, conditions: list[ColumnElement[bool]], at_most: int) -> Script[int]:
    found = select(literal(1)).select_from(table).where(*conditions).limit(at_most).subquery()
    rows = yield select(func.count()).select_from(found)
    total: int = rows[0][0]
    return total
