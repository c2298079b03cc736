"""What clients ask the service: each request with its document, its variables, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from dalsegno import errors
from dalsegno.client.records import Plan, Run, RunEvent, StepStats
from dalsegno.client.refusals import REFUSAL, raise_refusal

T = TypeVar("T")

Variables = Mapping[str, Any]

_ERROR_INFO = "className message traceback cause { className message traceback cause { className message } }"
_RUN = f"""
fragment RunFields on Run {{
  id pipelineName snapshotId mode runConfig tags {{ key value }} status createdAt startedAt endedAt durationMs
  launchedBy reason error {{ {_ERROR_INFO} }} parentRunId rootRunId strategy selection stepKeysToExecute
  stepCounts {{ status count }}
}}"""
_PLAN = """
fragment PlanFields on ReexecutionPlan {
  id parentRunId strategy stepKeysToExecute estimatedDurationMs timeSavedMs
  steps {
    stepKey action reasonCode reason reusedFromRunId isStale estimatedDurationMs
    inputs { name sources { runId stepKey outputName } }
  }
  warnings { kind stepKey message stepKeysToAdd }
}"""
_PARTS = {"RunFields": _RUN, "PlanFields": _PLAN, "Refusal": REFUSAL}


@dataclass(frozen=True)
class Request(Generic[T]):
    """One request."""

    document: str
    variables: Variables
    # From the data of the answer to the result; raises the service's refusals as errors.
    read: Callable[[Mapping[str, Any]], T]

    @property
    def body(self) -> bytes:
        """As it is sent."""
        return msgspec.json.encode({"query": self.document, "variables": self.variables})


def launch_run(
    pipeline_name: str,
    mode: str | None,
    run_config: Mapping[str, Any] | None,
    tags: Mapping[str, str] | None,
    selection: str | Sequence[str] | None,
    reason: str | None,
    idempotency_key: str | None,
) -> Request[Run]:
    """Queue a new run."""
    variables = {
        "pipelineName": pipeline_name,
        "mode": mode,
        "runConfig": run_config,
        "tags": tags_as_sent(tags),
        "selection": _texts(selection),
        "reason": reason,
        "idempotencyKey": idempotency_key,
    }
    return _launch("launchRun", _LAUNCH_RUN, variables)


def plan_variables(
    parent_run_id: str,
    strategy: str | None,
    selection: str | Sequence[str] | None,
    mode: str | None,
    run_config: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What decides the plan of a re-execution."""
    return {
        "parentRunId": parent_run_id,
        "strategy": strategy,
        "selection": _texts(selection),
        "mode": mode,
        "runConfig": run_config,
    }


def launch_reexecution(
    asked: Variables,
    tags: Mapping[str, str] | None,
    reason: str | None,
    idempotency_key: str | None,
    plan_id: str | None,
) -> Request[Run]:
    """Queue a re-execution; `asked` is of `plan_variables`."""
    more = {"tags": tags_as_sent(tags), "reason": reason, "idempotencyKey": idempotency_key, "planId": plan_id}
    return _launch("launchReexecution", _LAUNCH_REEXECUTION, {**asked, **more})


def plan_reexecution(asked: Variables) -> Request[Plan]:
    """What a re-execution would do; `asked` is of `plan_variables`."""

    def read(data: Mapping[str, Any]) -> Plan:
        answer = data["reexecutionPlan"]
        if answer["__typename"] != "ReexecutionPlan":
            raise_refusal("reexecutionPlan", answer, asked)
        return msgspec.convert(answer, Plan)

    return Request(whole(_REEXECUTION_PLAN), asked, read)


def cancel_run(run_id: str) -> Request[Run]:
    """Ask for a run to be cancelled."""
    document = """mutation CancelRun($runId: ID!) {
  cancelRun(runId: $runId) { ...Refusal ... on CancelRunSuccess { run { ...RunFields } } }
}"""
    return Request(whole(document), {"runId": run_id}, lambda data: run_in("cancelRun", data["cancelRun"], {}))


def fetch_run(run_id: str) -> Request[Run]:
    """One run."""

    def read(data: Mapping[str, Any]) -> Run:
        if data["run"] is None:
            raise errors.RunNotFoundError(run_id=run_id)
        return msgspec.convert(data["run"], Run)

    return Request(whole("query Run($id: ID!) { run(id: $id) { ...RunFields } }"), {"id": run_id}, read)


def list_runs(
    pipeline_name: str | None,
    statuses: Sequence[str] | None,
    tags: Mapping[str, str] | None,
    unresolved_only: bool,
    limit: int,
) -> Request[list[Run]]:
    """The newest runs that match, newest first."""
    run_filter = {
        "pipelineName": pipeline_name,
        "statuses": statuses,
        "tags": tags_as_sent(tags),
        "unresolvedOnly": unresolved_only,
    }
    document = "query Runs($filter: RunFilter, $first: Int!) "
    document += "{ runs(filter: $filter, first: $first) { edges { node { ...RunFields } } } }"

    def read(data: Mapping[str, Any]) -> list[Run]:
        return [msgspec.convert(edge["node"], Run) for edge in data["runs"]["edges"]]

    return Request(whole(document), {"filter": run_filter, "first": limit}, read)


def step_stats(run_id: str) -> Request[list[StepStats]]:
    """The steps of a run."""
    document = f"""query Steps($id: ID!) {{
  run(id: $id) {{
    stepStats {{
      stepKey status startTime endTime durationMs error {{ {_ERROR_INFO} }} reason causeStepKeys
      reusedFromRunId isStale
    }}
  }}
}}"""

    def read(data: Mapping[str, Any]) -> list[StepStats]:
        if data["run"] is None:
            raise errors.RunNotFoundError(run_id=run_id)
        return msgspec.convert(data["run"]["stepStats"], list[StepStats])

    return Request(document, {"id": run_id}, read)


def page_of_events(run_id: str, after: str | None) -> Request[tuple[list[RunEvent], str | None]]:
    """Events of a run, and the cursor of the next page; None where there is none."""
    document = """query Events($id: ID!, $after: String) {
  run(id: $id) {
    events(first: 1000, after: $after) {
      edges { node { cursor timestamp runId kind level stepKey attempt message data } }
      pageInfo { hasNextPage endCursor }
    }
  }
}"""

    def read(data: Mapping[str, Any]) -> tuple[list[RunEvent], str | None]:
        if data["run"] is None:
            raise errors.RunNotFoundError(run_id=run_id)
        page = data["run"]["events"]
        events = [msgspec.convert(edge["node"], RunEvent) for edge in page["edges"]]
        return events, page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None

    return Request(document, {"id": run_id, "after": after}, read)


_LAUNCH_RUN = """mutation LaunchRun(
  $pipelineName: String! $mode: String $runConfig: JSON $tags: [TagInput!] $selection: [String!] $reason: String
  $idempotencyKey: String
) {
  launchRun(
    pipelineName: $pipelineName mode: $mode runConfig: $runConfig tags: $tags selection: $selection reason: $reason
    idempotencyKey: $idempotencyKey
  ) { ...Refusal ... on LaunchRunSuccess { run { ...RunFields } } }
}"""
_LAUNCH_REEXECUTION = """mutation LaunchReexecution(
  $parentRunId: ID! $strategy: ReexecutionStrategy $selection: [String!] $mode: String $runConfig: JSON
  $tags: [TagInput!] $reason: String $idempotencyKey: String $planId: ID
) {
  launchReexecution(
    parentRunId: $parentRunId strategy: $strategy selection: $selection mode: $mode runConfig: $runConfig tags: $tags
    reason: $reason idempotencyKey: $idempotencyKey planId: $planId
  ) {
    ...Refusal
    ... on LaunchRunSuccess { run { ...RunFields } }
    ... on StalePlanError { plan { ...PlanFields } }
  }
}"""
_REEXECUTION_PLAN = """query ReexecutionPlan(
  $parentRunId: ID! $strategy: ReexecutionStrategy $selection: [String!] $mode: String $runConfig: JSON
) {
  reexecutionPlan(
    parentRunId: $parentRunId strategy: $strategy selection: $selection mode: $mode runConfig: $runConfig
  ) { __typename ...Refusal ...PlanFields }
}"""


def whole(document: str) -> str:
    """A document with the fragments that it spreads."""
    return document + "".join(part for name, part in _PARTS.items() if f"...{name}" in document)


def _launch(field: str, document: str, variables: Variables) -> Request[Run]:
    return Request(whole(document), variables, lambda data: run_in(field, data[field], variables))


def run_in(field: str, answer: Mapping[str, Any], variables: Variables) -> Run:
    """The run in a member of a result's union; raises what refuses."""
    if "run" not in answer or "message" in answer:
        raise_refusal(field, answer, variables)
    return msgspec.convert(answer["run"], Run)


def _texts(selection: str | Sequence[str] | None) -> Sequence[str] | None:
    """A single text is a list of one."""
    return [selection] if isinstance(selection, str) else selection


def tags_as_sent(tags: Mapping[str, str] | None) -> list[dict[str, str]] | None:
    """By key, as the service takes them."""
    return None if tags is None else [{"key": key, "value": value} for key, value in tags.items()]
