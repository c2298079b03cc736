"""Two runs beside each other."""

from __future__ import annotations

from typing import Any

from dalsegno import execute_pipeline, pipeline, reexecute_pipeline, step
from dalsegno.definitions import PipelineDefinition
from tests.api.conftest import Service
from tests.api.pipelines import in_memory
from tests.api.test_changes import RATE, forecast
from tests.in_process.mapped import Mapped

COMPARE = """query ($base: ID!, $other: ID!) {
  compareRuns(baseRunId: $base, otherRunId: $other) {
    base { id } other { id } configDiff
    steps {
      stepKey durationDeltaMs codeChanged configChanged inputsIdentical outputsIdentical
      base { status durationMs reusedFromRunId outputs { digest } } other { status durationMs isStale }
    }
  }
}"""


async def compare(service: Service, base: str, other: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await service.ask(COMPARE, base=base, other=other))["compareRuns"]
    return answer


def told(shown: dict[str, Any], field: str) -> dict[str, Any]:
    return {one["stepKey"]: one[field] for one in shown["steps"]}


async def test_two_runs_are_compared_step_by_step(service: Service):
    base = execute_pipeline(forecast(), instance=service.instance)
    other = execute_pipeline(forecast(version="2", fails="report"), run_config=RATE, instance=service.instance)
    shown = await compare(service, base.run_id, other.run_id)
    assert (shown["base"]["id"], shown["other"]["id"]) == (base.run_id, other.run_id)
    assert shown["configDiff"] == [{"path": "/steps/train/config/rate", "base": 0.5, "other": 2.0}]
    assert told(shown, "codeChanged") == {"load": True, "train": False, "stats": False, "report": False}
    assert told(shown, "configChanged") == {"load": False, "train": True, "stats": False, "report": False}
    # The other load made the same; the report was not made.
    assert told(shown, "outputsIdentical") == {"load": True, "train": False, "stats": True, "report": None}
    assert told(shown, "inputsIdentical") == {"load": True, "train": True, "stats": True, "report": None}
    assert [one["other"]["status"] for one in shown["steps"]] == ["SUCCESS", "SUCCESS", "SUCCESS", "FAILURE"]
    for one in shown["steps"]:
        assert one["durationDeltaMs"] == one["other"]["durationMs"] - one["base"]["durationMs"]


async def test_a_step_that_a_reexecution_reused_is_the_same(service: Service):
    first = execute_pipeline(forecast(), instance=service.instance)
    again = reexecute_pipeline(forecast(rows=5), first.run_id, step_selection="load", instance=service.instance)
    shown = await compare(service, first.run_id, again.run_id)
    assert shown["configDiff"] == []
    assert told(shown, "outputsIdentical") == {"load": False, "train": True, "stats": True, "report": True}
    assert [one["other"]["isStale"] for one in shown["steps"]] == [False, True, True, True]


async def test_a_step_that_one_run_does_not_have_stands_alone(service: Service):
    def one_step(name: str) -> PipelineDefinition:
        @step(name=name)
        def made() -> int:
            return 1

        @pipeline(name="forecast")
        def lonely() -> None:
            made()

        return lonely

    base = execute_pipeline(one_step("old"), instance=service.instance)
    other = execute_pipeline(one_step("new"), instance=service.instance)
    shown = await compare(service, base.run_id, other.run_id)
    assert [(one["stepKey"], one["base"] is None, one["other"] is None) for one in shown["steps"]] == [
        ("old", False, True),
        ("new", True, False),
    ]
    assert told(shown, "outputsIdentical") == {"old": None, "new": None}
    assert told(shown, "durationDeltaMs") == {"old": None, "new": None}


async def test_without_digests_only_what_was_reused_is_known_to_be_the_same(service: Service, script):
    kept = in_memory(script)
    first = execute_pipeline(kept, instance=service.instance)
    again = reexecute_pipeline(kept, first.run_id, step_selection="second", instance=service.instance)
    shown = await compare(service, first.run_id, again.run_id)
    assert told(shown, "outputsIdentical") == {"first": True, "second": None}
    assert told(shown, "inputsIdentical") == {"first": True, "second": True}


async def test_a_run_that_is_not_there_is_compared_with_nothing(service: Service):
    first = execute_pipeline(forecast(), instance=service.instance)
    assert (await service.ask(COMPARE, base=first.run_id, other="nobody"))["compareRuns"] is None


async def test_an_element_that_failed_or_was_blocked_has_the_code_and_config_of_its_step(service: Service):
    mapped = Mapped(service.instance, keys=("a", "b"))
    mapped.fails = {"work[b]"}
    first = mapped.run()
    mapped.fails = set()
    again = mapped.again(first)
    shown = await compare(service, first.run_id, again.run_id)
    assert {"work[b]", "post[b]"} <= told(shown, "codeChanged").keys()
    assert {key for key, changed in told(shown, "codeChanged").items() if changed} == set()
    assert {key for key, changed in told(shown, "configChanged").items() if changed} == set()
