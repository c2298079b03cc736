"""The GraphQL of docs/reexecution.md, asked of a service whose worker serves the file that it edits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from dalsegno import Instance
from tests.docs.documents import blocks, document, section
from tests.docs.reexecution_guide import BROKEN, MENDED, TEXT, WAYS, drawn, outcome
from tests.end_to_end.service_processes import Processes, running
from tests.waiting import until

ROOT = Path(__file__).parents[2]
PLAN, LAUNCH_THE_PLAN = blocks(section(TEXT, "The plan"), "graphql")
UNRESOLVED, COMPARISON = blocks(section(TEXT, "Run groups"), "graphql")
(CANCEL,) = blocks(section(TEXT, "When things go wrong inside a run"), "graphql")
PLAN_BULK, START_BULK, BULK, CANCEL_BULK, LAUNCH_A_LIST = blocks(section(TEXT, "Many at once"), "graphql")
(AT_MOST_ONCE,) = blocks(section(TEXT, "Launching at most once"), "graphql")


class Guide:
    """A service and a worker; the first run has failed, and the code is mended."""

    def __init__(self, processes: Processes, instance: Instance) -> None:
        self._processes = processes
        self.instance = instance
        before = processes.until_served("forecast")
        self.parent = self.first_run()
        processes.write(MENDED)
        processes.until_served("forecast", other_than=before)

    def first_run(self) -> str:
        with self._processes.client() as client:
            return client.wait(client.launch_run("forecast").id, timeout=30).id

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """The only field of the answer."""
        (answer,) = self._processes.ask(query, **variables).values()
        return dict(answer)

    def ask_for_list(self, query: str, **variables: object) -> list[dict[str, Any]]:
        """The only field of the answer, which is a list."""
        (answer,) = self._processes.ask(query, **variables).values()
        return [dict(one) for one in answer]

    def until_resolved(self) -> None:
        """Nothing is left to look at."""
        until(lambda: not self.ask(UNRESOLVED)["edges"], what="the end of what was launched")

    def script(self, code: str) -> dict[str, Any]:
        """What the names stand for after a script in which `client` is one of the service."""
        with self._processes.client() as client:
            names: dict[str, Any] = {"client": client}
            exec(code, names)
            until(lambda: client.bulk(names["bulk"].id).done, what="the end of the bulk")
            return names

    def launch(self, mutation: str, **variables: str) -> str:
        """The id of the run that was launched, once it has ended."""
        with self._processes.client() as client:
            run_id: str = self.ask(mutation, parent=self.parent, **variables)["run"]["id"]
            return client.wait(run_id, timeout=30).id


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guide]:
    folder = tmp_path_factory.mktemp("service")
    url = f"sqlite:///{folder}/dalsegno.db"
    with (
        running(folder, url, BROKEN, workers=1) as processes,
        Instance.open(url, storage_url=str(folder / "storage")) as instance,
    ):
        yield Guide(processes, instance)


@pytest.mark.parametrize("name", ["reexecution.md", "selection.md"])
def test_every_query_fits_the_schema(name: str) -> None:
    schema = build_schema((ROOT / "schema.graphql").read_text())
    queries = blocks(document(name), "graphql")
    assert queries
    assert [validate(schema, parse(query)) for query in queries] == [[] for _ in queries]


@pytest.mark.parametrize("way", WAYS)
def test_a_way_over_graphql_comes_to_what_is_drawn(guide: Guide, way: str) -> None:
    run_id = guide.launch(blocks(section(TEXT, way), "graphql")[0])
    assert outcome(guide.instance, run_id) == drawn(section(TEXT, way))


def test_a_plan_is_asked_for_and_launched_by_its_id(guide: Guide) -> None:
    plan = guide.ask(PLAN, parent=guide.parent)
    assert [step["stepKey"] for step in plan["steps"] if step["action"] == "EXECUTE"] == ["test", "report"]
    run_id = guide.launch(LAUNCH_THE_PLAN, plan=plan["id"])
    assert outcome(guide.instance, run_id) == drawn(section(TEXT, "From failure"))


def test_a_plan_that_is_no_longer_what_would_run_is_refused_with_the_one_that_is(guide: Guide) -> None:
    refused = guide.ask(LAUNCH_THE_PLAN, parent=guide.parent, plan="another")
    assert refused["plan"] == {
        "id": guide.ask(PLAN, parent=guide.parent)["id"],
        "stepKeysToExecute": ["test", "report"],
    }


def test_two_runs_are_compared(guide: Guide) -> None:
    again = guide.launch(blocks(section(TEXT, "From failure"), "graphql")[0])
    steps = guide.ask(COMPARISON, base=guide.parent, other=again)["steps"]
    # `test` is mended, and has made something now.
    assert [one["stepKey"] for one in steps if one["codeChanged"]] == ["test"]
    assert [one["stepKey"] for one in steps if one["outputsIdentical"]] == ["load", "train", "stats"]


def test_a_key_launches_once(guide: Guide) -> None:
    assert guide.launch(AT_MOST_ONCE) == guide.launch(AT_MOST_ONCE)


def test_a_group_is_unresolved_as_long_as_a_step_of_it_is_not_settled(guide: Guide) -> None:
    def unresolved() -> list[list[str]]:
        groups = [edge["node"] for edge in guide.ask(UNRESOLVED)["edges"]]
        return [[run["id"] for run in group["runs"]] for group in groups]

    partial = guide.launch(blocks(section(TEXT, "Selected steps"), "graphql")[0])
    assert [partial in runs and guide.parent in runs for runs in unresolved()] == [True]
    guide.launch(blocks(section(TEXT, "From failure"), "graphql")[0])
    assert unresolved() == []


def test_a_bulk_is_planned_started_and_done_as_it_stands_there(guide: Guide) -> None:
    # Unresolved again: a part of it was executed, and not all that was to be done.
    guide.launch(blocks(section(TEXT, "Selected steps"), "graphql")[0])
    plan = guide.ask(PLAN_BULK)
    assert (plan["runs"], plan["stepsToExecute"], plan["refusals"]) == (1, 2, [])
    refused = guide.ask(START_BULK, count=7)
    assert (refused["expectedCount"], refused["actualCount"]) == (7, 1)
    bulk = guide.ask(START_BULK, count=plan["runs"])["bulk"]
    until(lambda: guide.ask(BULK, bulk=bulk["id"])["done"], what="the end of the bulk")
    assert guide.ask(CANCEL_BULK, bulk=bulk["id"]) == {"launched": 1, "total": 1, "canceled": False}
    guide.until_resolved()


def test_a_bulk_is_started_by_a_script(guide: Guide) -> None:
    guide.launch(blocks(section(TEXT, "Selected steps"), "graphql")[0])
    bulk = guide.script(blocks(section(TEXT, "Many at once"), "python")[0])["bulk"]
    assert (bulk.total, bulk.reason) == (1, "The disk was full")
    guide.until_resolved()


def test_a_list_of_runs_is_re_executed_at_once(guide: Guide) -> None:
    launched, refused = guide.ask_for_list(LAUNCH_A_LIST, parents=[guide.parent, "nobody"])
    assert launched["run"]["parentRunId"] == guide.parent
    assert "No run has the id 'nobody'" in refused["message"]
    assert guide.ask_for_list(LAUNCH_A_LIST, parents=[guide.parent, "nobody"])[0] == launched


def test_a_run_that_has_ended_is_not_cancelled(guide: Guide) -> None:
    assert "has already ended" in guide.ask(CANCEL, run=guide.parent)["message"]
