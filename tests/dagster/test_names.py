"""The closed list of names, and that having them costs no more than definitions do."""

from __future__ import annotations

import subprocess
import sys

import dalsegno.dagster
from tests.docs.documents import code, document, section

CLOSED_LIST = (
    "solid op step pipeline job graph In Out DynamicOut InputDefinition OutputDefinition DynamicOutputDefinition "
    "Output DynamicOutput Nothing ModeDefinition resource Field RetryPolicy Backoff Jitter RetryRequested Failure "
    "fs_io_manager mem_io_manager io_manager IOManager DagsterInstance execute_pipeline reexecute_pipeline "
    "execute_job ReexecutionOptions"
)


def test_the_names_are_those_of_the_closed_list_and_each_can_be_had():
    assert sorted(dalsegno.dagster.__all__) == sorted(CLOSED_LIST.split())
    assert [name for name in dalsegno.dagster.__all__ if not hasattr(dalsegno.dagster, name)] == []


def test_the_document_lists_the_same_names():
    listed = section(document("coming-from-dagster.md"), "The names")
    assert sorted(set(code(listed)) & set(dir(dalsegno.dagster))) == sorted(CLOSED_LIST.split())


def test_importing_it_loads_neither_a_database_nor_a_planner():
    script = "import dalsegno.dagster, sys; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "dalsegno.definitions" in loaded
    heavy = ("asyncio", "dalsegno.plan", "dalsegno.store", "jsonschema", "networkx", "pydantic", "sqlalchemy")
    assert [name for name in heavy if name in loaded] == []
