"""The steps of a run: states, attempts, inputs, outputs, prints, and what changed."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

import pytest

from dalsegno import execute_pipeline, reexecute_pipeline
from tests.api.conftest import Service
from tests.api.pipelines import branching
from tests.waiting import until

STEPS = """
query ($id: ID!, $stepKeys: [String!], $first: Int, $after: String, $changedSince: String) {
  run(id: $id) {
    version
    stepStats(stepKeys: $stepKeys, first: $first, after: $after, changedSince: $changedSince) {
      runId stepKey status startTime endTime durationMs reason causeStepKeys reusedFromRunId isStale
      attempts {
        number status workerId error { className message traceback cause { className } }
        stdout { text nextOffset totalBytes } stderr { totalBytes }
      }
      inputs { name sources { runId stepKey outputName } }
      outputs { name mappingKey uri digest sizeBytes preview metadata }
      error { className message }
    }
  }
}
"""


async def steps_of(service: Service, run_id: str, **arguments: Any) -> dict[str, dict[str, Any]]:
    """By step key."""
    run = (await service.ask(STEPS, id=run_id, **arguments))["run"]
    return {step["stepKey"]: step for step in run["stepStats"]}


@pytest.fixture
def mended(service: Service, chain, script) -> tuple[str, str]:
    """A run that failed at train, and its re-execution from there."""
    script.failing = {"train"}
    first = execute_pipeline(chain, instance=service.instance)
    script.failing = set()
    again = reexecute_pipeline(chain, first.run_id, strategy="FROM_FAILURE", instance=service.instance)
    return first.run_id, again.run_id


async def test_a_failed_run_tells_every_attempt_its_error_and_who_is_blocked_by_it(service: Service, mended):
    steps = await steps_of(service, mended[0])

    assert list(steps) == ["load", "train", "report"]
    assert {step["runId"] for step in steps.values()} == {mended[0]}
    assert {step["reason"] for step in steps.values()} == {"all steps"}
    train = steps["train"]
    assert train["status"] == "FAILURE"
    assert [(one["number"], one["status"]) for one in train["attempts"]] == [(1, "FAILURE"), (2, "FAILURE")]
    assert train["error"] == {"className": "ValueError", "message": "train is broken"}
    assert "ValueError: train is broken" in train["attempts"][1]["error"]["traceback"]
    assert train["outputs"] == []
    assert steps["report"]["status"] == "BLOCKED"
    assert steps["report"]["causeStepKeys"] == ["train"]
    assert steps["report"]["attempts"] == []


async def test_a_reexecution_tells_what_it_reused_and_where_each_input_came_from(service: Service, mended):
    first, again = mended
    steps = await steps_of(service, again)

    load = steps["load"]
    assert (load["status"], load["reusedFromRunId"], load["reason"]) == ("REUSED", first, "succeeded in the first run")
    assert load["outputs"][0]["preview"] == "[1, 2, 3]"
    assert [one["number"] for one in load["attempts"]] == [1]
    train = steps["train"]
    assert (train["status"], train["reason"], train["isStale"]) == ("SUCCESS", "failed in the first run", False)
    assert train["inputs"] == [
        {"name": "rows", "sources": [{"runId": first, "stepKey": "load", "outputName": "result"}]}
    ]
    assert steps["report"]["inputs"] == [
        {"name": "score", "sources": [{"runId": again, "stepKey": "train", "outputName": "result"}]}
    ]
    (output,) = train["outputs"]
    assert (output["name"], output["metadata"], output["preview"]) == ("result", {"rows": 3}, "3.0")
    assert output["digest"].startswith("sha256:")
    assert output["sizeBytes"] > 0
    assert again in output["uri"]


async def test_each_step_is_told_as_python_tells_it(service: Service, mended):
    for run_id in mended:
        shown = await steps_of(service, run_id)
        told = service.instance.step_states(run_id)
        assert {key: step["status"] for key, step in shown.items()} == {key: told[key].status for key in told}
        assert {key: step["durationMs"] for key, step in shown.items()} == {key: told[key].duration_ms for key in told}


async def test_a_skipped_element_leaves_a_fan_in(service: Service, script):
    run = execute_pipeline(branching(script), instance=service.instance)
    steps = await steps_of(service, run.run_id)
    assert steps["on_right"]["status"] == "SKIPPED"
    (values,) = steps["both"]["inputs"]
    assert [source["stepKey"] for source in values["sources"]] == ["on_left"]
    # Asked for alone, it says the same.
    assert (await steps_of(service, run.run_id, stepKeys=["both"]))["both"] == steps["both"]


async def test_steps_can_be_asked_for_by_key_and_page_by_page(service: Service, mended):
    whole = await steps_of(service, mended[1])
    assert await steps_of(service, mended[1], stepKeys=["report", "load", "nobody"]) == {
        key: whole[key] for key in ("load", "report")
    }
    assert await steps_of(service, mended[1], stepKeys=[]) == {}
    assert list(await steps_of(service, mended[1], first=2)) == ["load", "train"]
    assert list(await steps_of(service, mended[1], first=2, after="load")) == ["train", "report"]
    assert list(await steps_of(service, mended[1], after="report")) == []


async def test_only_steps_that_changed_since_a_version_are_told(service: Service, chain, script):
    seen: list[str] = []

    def note_version(key: str) -> None:
        # The events so far are on their way to the database; those of finished steps must have come.
        if key == "report":
            until(lambda: service.instance.runs(limit=1)[0].version > 3)
            seen.append(f"{service.instance.runs(limit=1)[0].version}.RUNNING")

    script.on_enter = note_version
    run = execute_pipeline(chain, instance=service.instance)
    (while_reporting,) = seen

    newest = (await service.ask(STEPS, id=run.run_id))["run"]["version"]
    assert list(await steps_of(service, run.run_id, changedSince="0")) == ["load", "train", "report"]
    changed = await steps_of(service, run.run_id, changedSince=while_reporting)
    assert "report" in changed
    assert "load" not in changed
    assert await steps_of(service, run.run_id, changedSince=newest) == {}
    table = "query ($id: ID!, $since: String) { run(id: $id) { stepTable(changedSince: $since) } }"
    assert (await service.ask(table, id=run.run_id, since=newest))["run"]["stepTable"]["key"] == []
    (error,) = await service.errors(table, id=run.run_id, since="yesterday")
    assert error["extensions"]["code"] == "INVALID_CURSOR"


async def test_the_table_holds_the_same_in_columns(service: Service, mended):
    first, again = mended
    steps = await steps_of(service, again)
    table = (await service.ask("query ($id: ID!) { run(id: $id) { stepTable } }", id=again))["run"]["stepTable"]
    assert table["key"] == list(steps)
    assert table["status"] == [step["status"] for step in steps.values()]
    assert table["reusedFromRunId"] == [first, None, None]
    assert [end - start for start, end in zip(table["startMs"], table["endMs"], strict=True)] == pytest.approx(
        [step["durationMs"] for step in steps.values()], abs=0.01
    )


async def test_the_table_holds_the_attempts_of_steps_that_were_tried_again(service: Service, chain, script):
    script.failing = {"train"}
    script.on_enter = lambda _key: script.failing.clear() if script.entered.count("train") == 2 else None
    first = execute_pipeline(chain, instance=service.instance).run_id
    again = reexecute_pipeline(chain, first, step_selection="report", instance=service.instance).run_id

    told = (await service.ask(ATTEMPTS, id=first))["run"]["stepStats"][1]["attempts"]
    table = (await service.ask(TABLE, id=first))["run"]["stepTable"]
    of_load, of_train, of_report = table["attempts"]
    assert (of_load, of_report) == (None, None)
    assert [status for _, _, status in of_train] == ["FAILURE", "SUCCESS"]
    for (start, end, _), one in zip(of_train, told, strict=True):
        assert (start, end) == pytest.approx((milliseconds(one["startTime"]), milliseconds(one["endTime"])), abs=0.01)
    assert (of_train[0][0], of_train[1][1]) == (table["startMs"][1], table["endMs"][1])
    # What stands in for a reused step brings its attempts along.
    assert (await service.ask(TABLE, id=again))["run"]["stepTable"]["attempts"] == table["attempts"]


TABLE = "query ($id: ID!) { run(id: $id) { stepTable } }"
ATTEMPTS = "query ($id: ID!) { run(id: $id) { stepStats { attempts { startTime endTime } } } }"


def milliseconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp() * 1000


async def test_fields_asked_for_in_fragments_are_read_too(service: Service, mended):
    query = """query ($id: ID!) {
        run(id: $id) { stepStats { ...Tried ... on StepStats { reason } ... { error { message } } } }
      }
      fragment Tried on StepStats { ...Numbers } fragment Numbers on StepStats { attempts { number } }"""
    train = (await service.ask(query, id=mended[0]))["run"]["stepStats"][1]
    assert train == {
        "attempts": [{"number": 1}, {"number": 2}],
        "reason": "all steps",
        "error": {"message": "train is broken"},
    }


async def test_prints_are_read_in_parts_that_cut_no_letter(service: Service, mended):
    query = """query ($id: ID!, $offset: ByteCount!, $limit: Int!) {
      run(id: $id) {
        stepStats(stepKeys: "train") {
          attempts { stdout(offset: $offset, limit: $limit) { text nextOffset totalBytes } }
        }
      }
    }"""

    async def part(offset: int, limit: int) -> dict[str, Any]:
        data = await service.ask(query, id=mended[1], offset=offset, limit=limit)
        found: dict[str, Any] = data["run"]["stepStats"][0]["attempts"][0]["stdout"]
        return found

    total = len("training ääää\n".encode())
    text, offset = "", 0
    while offset < total:
        read = await part(offset, 10)
        assert read["totalBytes"] == total
        assert offset < read["nextOffset"] <= offset + 10
        text, offset = text + read["text"], read["nextOffset"]
    assert text == "training ääää\n"
    assert await part(total, 10) == {"text": "", "nextOffset": total, "totalBytes": total}


async def test_prints_that_are_gone_are_told_to_be_gone(service: Service, mended):
    state = service.instance.step_states(mended[1])["train"]
    log = state.attempts[0].stdout
    assert log is not None
    os.remove(log.uri)
    query = 'query ($id: ID!) { run(id: $id) { stepStats(stepKeys: "train") { attempts { stdout { text } } } } }'
    (error,) = await service.errors(query, id=mended[1])
    assert error["message"] == "What this attempt printed is no longer stored."
    assert error["extensions"]["code"] == "INVALID_ARGUMENTS"
