"""Code, config and inputs that changed, over GraphQL: from changed, warnings, what is stale at launch and now."""

from __future__ import annotations

import os
from typing import Any

import pydantic
import pytest
from msgspec.structs import replace
from sqlalchemy import update

from dalsegno import execute_pipeline, pipeline, plan_reexecution, reexecute_pipeline, step
from dalsegno.api.sightings import SECONDS_KEPT, Sightings
from dalsegno.definitions import PipelineDefinition
from dalsegno.store.tables import attempts
from tests.api.conftest import Service
from tests.api.test_launch import PLAN, relaunch

OPTIONS = "query ($id: ID!) { run(id: $id) { reexecutionOptions { strategy enabled disabledReason stepKeys } } }"
STEPS = """query ($id: ID!) {
  run(id: $id) { stepStats { stepKey status isStale } plan { warnings { kind stepKeysToAdd } } }
}"""
GROUP = "query ($id: ID!) { runGroup(runId: $id) { status effectiveSteps { stepKey status isStale runId } } }"
SELECTED = """query ($id: ID!, $selection: [String!]!) {
  run(id: $id) {
    selectSteps(selection: $selection) {
      ... on StepSelection { stepKeys }
      ... on InvalidSelectionError { message }
    }
  }
}"""
RATE = {"steps": {"train": {"config": {"rate": 2.0}}}}


class TrainConfig(pydantic.BaseModel):
    rate: float = 0.5


def forecast(rows: int = 3, version: str = "1", fails: str = "") -> PipelineDefinition:
    """load -> train -> report, and load -> stats; `version` is that of load's code."""

    def enter(key: str) -> None:
        if key == fails:
            raise ValueError(f"{key} is broken")

    @step(code_version=version)
    def load() -> list[int]:
        enter("load")
        return list(range(rows))

    @step(code_version="1", config=TrainConfig)
    def train(context: Any, data: list[int]) -> float:
        enter("train")
        return sum(data) * float(context.config.rate)

    @step(code_version="1")
    def stats(data: list[int]) -> int:
        enter("stats")
        return len(data)

    @step(code_version="1")
    def report(score: float, numbers: int) -> str:
        enter("report")
        return f"{score} of {numbers}"

    @pipeline(name="forecast")
    def made() -> None:
        data = load()
        report(train(data), stats(data))

    return made


async def plan(service: Service, run_id: str, **asked: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (await service.ask(PLAN, parentRunId=run_id, **asked))["reexecutionPlan"]
    return answer


def warned(shown: dict[str, Any]) -> list[tuple[str, str | None]]:
    return [(one["kind"], one["stepKey"]) for one in shown["warnings"]]


def stale(steps: list[dict[str, Any]]) -> set[str]:
    return {one["stepKey"] for one in steps if one["isStale"]}


async def test_from_changed_is_offered_with_what_it_would_run_and_launched_as_it_was_previewed(service: Service):
    run = execute_pipeline(forecast(), instance=service.instance)
    service.serve(forecast())
    options = (await service.ask(OPTIONS, id=run.run_id))["run"]["reexecutionOptions"]
    (offered,) = [one for one in options if one["strategy"] == "FROM_CHANGED"]
    assert (offered["enabled"], offered["stepKeys"]) == (False, [])
    assert offered["disabledReason"].startswith("Nothing has changed")
    refused = await plan(service, run.run_id, strategy="FROM_CHANGED")
    assert (refused["__typename"], refused["message"]) == ("ReexecutionNotAllowedError", offered["disabledReason"])

    service.serve(forecast(version="2"))
    options = (await service.ask(OPTIONS, id=run.run_id))["run"]["reexecutionOptions"]
    (offered,) = [one for one in options if one["strategy"] == "FROM_CHANGED"]
    assert (offered["enabled"], offered["stepKeys"]) == (True, ["load", "train", "stats", "report"])
    preview = await plan(service, run.run_id, strategy="FROM_CHANGED")
    assert [(one["reasonCode"], one["reason"]) for one in preview["steps"]][:2] == [
        ("CODE_CHANGED", "code changed since it ran in the first run"),
        ("DOWNSTREAM", "downstream of load"),
    ]
    launched = await relaunch(service, run.run_id, strategy="FROM_CHANGED", planId=preview["id"])
    assert launched["run"]["plan"]["id"] == preview["id"]
    assert launched["run"]["strategy"] == "FROM_CHANGED"


async def test_what_has_changed_and_what_is_stale_can_be_selected(service: Service):
    run = execute_pipeline(forecast(), instance=service.instance)
    service.serve(forecast(version="2"))

    async def picked(text: str) -> list[str]:
        answer = (await service.ask(SELECTED, id=run.run_id, selection=[text]))["run"]["selectSteps"]
        return answer["stepKeys"] if "stepKeys" in answer else [answer["message"]]

    assert await picked("is:changed") == ["load"]
    assert await picked("is:stale and not is:changed") == ["train", "stats", "report"]
    assert (await plan(service, run.run_id, selection=["is:changed"]))["stepKeysToExecute"] == ["load"]
    # The config that is given is looked at too, and a run's own where none is.
    by_config = await plan(service, run.run_id, selection=["is:changed and not load"], runConfig=RATE)
    assert by_config["stepKeysToExecute"] == ["train"]
    snapshot = forecast().snapshot
    service.publish(replace(snapshot, modes=tuple(replace(mode, name="other") for mode in snapshot.modes)))
    assert await picked("is:stale") == ["Which steps are stale is not known here."]
    assert await picked("status:success") == ["load", "train", "stats", "report"]


async def test_config_that_is_given_executes_who_reads_it_from_changed_and_warns_otherwise(service: Service):
    run = execute_pipeline(forecast(fails="report"), instance=service.instance)
    service.serve(forecast())
    changed = await plan(service, run.run_id, strategy="FROM_CHANGED", runConfig=RATE)
    assert changed["stepKeysToExecute"] == ["train", "report"]
    assert (changed["steps"][1]["reasonCode"], changed["steps"][1]["reason"]) == (
        "CONFIG_CHANGED",
        "config rate 0.5 -> 2.0",
    )
    failure = await plan(service, run.run_id, strategy="FROM_FAILURE", runConfig=RATE)
    assert failure["stepKeysToExecute"] == ["report"]
    assert warned(failure) == [("CONFIG_CHANGED", "train")]
    assert failure["warnings"][0]["message"] == "train is reused, but config rate 0.5 -> 2.0."
    assert stale(failure["steps"]) == {"train"}
    as_before = await plan(service, run.run_id, strategy="FROM_FAILURE")
    assert as_before["warnings"] == []
    assert as_before["id"] != failure["id"]

    launched = await relaunch(service, run.run_id, strategy="FROM_FAILURE", runConfig=RATE, planId=failure["id"])
    shown = (await service.ask(STEPS, id=launched["run"]["id"]))["run"]
    assert shown["plan"]["warnings"] == [{"kind": "CONFIG_CHANGED", "stepKeysToAdd": ["train"]}]
    assert stale(shown["stepStats"]) == {"train"}


async def test_what_was_stale_at_launch_stays_so_told_and_the_group_tells_what_is_now(service: Service):
    first = execute_pipeline(forecast(), instance=service.instance)
    more = forecast(rows=4)
    service.serve(more)
    again = reexecute_pipeline(more, first.run_id, step_selection="load", instance=service.instance)

    shown = (await service.ask(STEPS, id=again.run_id))["run"]
    assert stale(shown["stepStats"]) == {"train", "stats", "report"}
    assert shown["plan"]["warnings"] == [{"kind": "STALE", "stepKeysToAdd": ["train", "stats", "report"]}]
    only = 'query ($id: ID!) { run(id: $id) { stepStats(stepKeys: ["stats"]) { isStale } } }'
    assert (await service.ask(only, id=again.run_id))["run"]["stepStats"] == [{"isStale": True}]
    group = (await service.ask(GROUP, id=first.run_id))["runGroup"]
    # Of both runs, and made from what is not the same: a mixed group.
    assert group["status"] == "SUCCESS"
    assert stale(group["effectiveSteps"]) == {"train", "stats", "report"}

    mended = await plan(service, again.run_id, strategy="FROM_CHANGED")
    assert [one["reasonCode"] for one in mended["steps"]] == [
        "ENDED_WELL",
        "INPUT_CHANGED",
        "INPUT_CHANGED",
        "DOWNSTREAM",
    ]
    assert mended["steps"][1]["reason"] == "input data changed: load ran again in the parent run"
    last = reexecute_pipeline(more, again.run_id, strategy="FROM_CHANGED", instance=service.instance)
    group = (await service.ask(GROUP, id=first.run_id))["runGroup"]
    assert stale(group["effectiveSteps"]) == set()
    assert stale((await service.ask(STEPS, id=again.run_id))["run"]["stepStats"]) == {"train", "stats", "report"}
    assert stale((await service.ask(STEPS, id=last.run_id))["run"]["stepStats"]) == set()


async def test_a_plan_shows_the_same_rows_wherever_it_is_asked_for(service: Service):
    first = execute_pipeline(forecast(), instance=service.instance)
    edited = forecast(rows=4, version="2")
    service.serve(edited)
    asked: dict[str, Any] = {"strategy": "SELECTED_STEPS", "run_config": RATE}
    here = plan_reexecution(edited, first.run_id, step_selection="load", instance=service.instance, **asked)
    there = await plan(service, first.run_id, strategy="SELECTED_STEPS", selection="load", runConfig=RATE)
    assert there["id"] == here.id
    for row, one in zip(there["steps"], here.steps, strict=True):
        assert row["stepKey"] == one.step_key
        assert (row["action"], row["reasonCode"], row["reason"]) == (one.action, one.reason_code, one.reason)
        assert (row["reusedFromRunId"], row["isStale"]) == (one.reused_from_run_id, one.is_stale)
        assert row["estimatedDurationMs"] == pytest.approx(one.estimated_duration_ms)
    assert there["estimatedDurationMs"] == pytest.approx(here.estimated_duration_ms)
    assert there["timeSavedMs"] == pytest.approx(here.time_saved_ms)
    assert [(one["kind"], one["stepKey"], one["message"]) for one in there["warnings"]] == [
        (one.kind, one.step_key, one.message) for one in here.warnings
    ]
    # Its answer of every kind is seen: load executes, train reads other config, stats and report are downstream.
    assert warned(there) == [("STALE", None), ("CONFIG_CHANGED", "train")]


async def test_what_was_made_again_as_it_was_leaves_nothing_stale(service: Service):
    first = execute_pipeline(forecast(), instance=service.instance)
    service.serve(forecast())
    again = reexecute_pipeline(forecast(), first.run_id, step_selection="load", instance=service.instance)
    group = (await service.ask(GROUP, id=first.run_id))["runGroup"]
    assert stale(group["effectiveSteps"]) == set()
    assert (await plan(service, again.run_id, strategy="FROM_CHANGED"))["__typename"] == "ReexecutionNotAllowedError"


async def test_a_group_is_stale_by_the_code_as_it_is_now(service: Service):
    first = execute_pipeline(forecast(fails="report"), instance=service.instance)
    service.serve(forecast())
    group = (await service.ask(GROUP, id=first.run_id))["runGroup"]
    assert stale(group["effectiveSteps"]) == set()
    service.serve(forecast(version="2"))
    group = (await service.ask(GROUP, id=first.run_id))["runGroup"]
    # The report failed: there is nothing of it that could be stale.
    assert stale(group["effectiveSteps"]) == {"load", "train", "stats"}


async def test_records_that_do_not_tell_what_made_them_are_taken_as_they_are(service: Service):
    run = execute_pipeline(forecast(), instance=service.instance)
    nothing = {"code_version": None, "config_digest": None, "input_digests": None}
    service.instance.database.write(_forget(nothing))
    service.serve(forecast(version="2"))
    assert (await plan(service, run.run_id, strategy="FROM_CHANGED"))["__typename"] == "ReexecutionNotAllowedError"
    changed = await plan(service, run.run_id, strategy="FROM_CHANGED", runConfig=RATE)
    assert changed["stepKeysToExecute"] == ["train", "report"]
    assert stale((await service.ask(GROUP, id=run.run_id))["runGroup"]["effectiveSteps"]) == set()


def _forget(values: dict[str, Any]):
    yield update(attempts).values(**values), {}


async def test_a_preview_looks_at_files_every_ten_seconds_and_a_launch_always(service: Service):
    run = execute_pipeline(forecast(fails="report"), instance=service.instance)
    service.serve(forecast())
    asked = {"strategy": "FROM_FAILURE"}
    preview = await plan(service, run.run_id, **asked)
    (output,) = service.instance.step_states(run.run_id)["train"].outputs
    os.remove(str(output.uri))

    assert (await plan(service, run.run_id, **asked))["id"] == preview["id"]
    refused = await relaunch(service, run.run_id, planId=preview["id"], **asked)
    assert refused["__typename"] == "MissingOutputsError"
    # What the launch has seen, previews know.
    assert (await plan(service, run.run_id, **asked))["__typename"] == "MissingOutputsError"


def test_a_sighting_is_forgotten_after_ten_seconds():
    now = [100.0]
    sightings = Sightings(lambda: now[0])
    sightings.keep({"a": None, "b": "its file is gone"})
    now[0] += SECONDS_KEPT - 0.1
    assert sightings.lately(["a", "b", "c"]) == {"a": None, "b": "its file is gone"}
    now[0] += 0.2
    assert sightings.lately(["a", "b", "c"]) == {}


async def test_what_nobody_has_made_and_what_is_gone_are_told_together(service: Service):
    run = execute_pipeline(forecast(fails="stats"), instance=service.instance)
    service.serve(forecast())
    (output,) = service.instance.step_states(run.run_id)["train"].outputs
    os.remove(str(output.uri))
    refused = await relaunch(service, run.run_id, selection="report")
    assert [(one["upstreamStepKey"], one["why"]) for one in refused["missing"]] == [
        ("train", "its file is gone"),
        ("stats", "no run of the lineage has produced it"),
    ]
    assert refused["stepKeysToAdd"] == ["train", "stats"]


@pytest.mark.parametrize("strategy", ["FROM_CHANGED", "FROM_FAILURE"])
async def test_a_pipeline_that_has_lost_its_mode_still_shows_its_groups(service: Service, strategy: str):
    run = execute_pipeline(forecast(), instance=service.instance)
    snapshot = forecast().snapshot
    renamed = tuple(type(mode)(name="other", resources=mode.resources) for mode in snapshot.modes)
    service.serve(type(snapshot)(name="forecast", steps=snapshot.steps, modes=renamed))
    assert stale((await service.ask(GROUP, id=run.run_id))["runGroup"]["effectiveSteps"]) == set()
    assert (await plan(service, run.run_id, strategy=strategy))["__typename"] == "InvalidRunConfigError"
