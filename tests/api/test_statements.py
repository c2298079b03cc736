"""How many statements an answer takes: as many for many runs as for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from dalsegno import execute_pipeline, reexecute_pipeline
from tests.api.conftest import Service

# Everything that a list of runs may show.
FIELDS = {
    "counts, tags and group": "stepCounts { status count } tags { key value } group { status }",
    "pipelines": "pipeline { name launchable steps { history { executions } } }",
    "relatives": "parentRun { id } reexecutions { id } group { newestRun { id } runs { id } }",
    "steps": "stepStats { stepKey attempts { number } inputs { sources { runId } } reason } stepTable",
    "changed steps": 'stepStats(changedSince: "1") { stepKey }',
    "plans": "plan { id estimatedDurationMs steps { reason estimatedDurationMs } } timeSavedMs",
    "options": 'reexecutionOptions { strategy enabled } selectSteps(selection: "load") { __typename }',
    "events": 'events(first: 3) { edges { cursor } } some: events(first: 3, filter: {text: "o"}) { edges { cursor } }',
    "effective steps": "group { effectiveSteps { stepKey reason inputs { name } } }",
}


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are executed meanwhile, BEGIN and the like left out, as is the service's look for bulks."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: object) -> None:
        asked = statement.lstrip().upper().startswith(("SELECT", "WITH", "INSERT", "UPDATE"))
        if asked and "FROM bulks" not in statement:
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS.keys())
async def test_a_page_of_runs_takes_as_many_statements_as_a_single_run(service: Service, chain, script, fields):
    service.serve(chain)
    for index in range(14):
        script.failing = {"train"} if index % 2 else set()
        run = execute_pipeline(chain, instance=service.instance, tags={"index": str(index)})
        script.failing = set()
        reexecute_pipeline(chain, run.run_id, step_selection="train+", instance=service.instance)
    query = f"query ($first: Int!) {{ runs(first: $first) {{ totalCount edges {{ node {{ id {fields} }} }} }} }}"

    # The newest run re-executes one whose steps were tried again, so it takes all that a page takes.
    with counted() as of_one:
        await service.ask(query, first=1)
    with counted() as of_page:
        data = await service.ask(query, first=25)

    assert len(data["runs"]["edges"]) == 25
    assert len(of_page) <= len(of_one) <= 16, "\n".join(of_page)


async def test_a_page_with_counts_tags_and_group_takes_few_statements(service: Service, chain):
    for _ in range(25):
        execute_pipeline(chain, instance=service.instance, tags={"a": "b"})
    query = "{ runs { totalCount edges { node { id tags { key } group { status } stepCounts { status count } } } } }"
    await service.ask(query)
    with counted() as statements:
        await service.ask(query)
    # The runs, how many there are, and their groups; counts of what has not changed are known.
    assert len(statements) == 3, "\n".join(statements)
