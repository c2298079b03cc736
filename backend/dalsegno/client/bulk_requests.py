"""What clients ask the service about many runs at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from dalsegno import errors
from dalsegno.client.records import Bulk, BulkPlan, Run, RunFilter
from dalsegno.client.refusals import raise_refusal
from dalsegno.client.requests import Request, run_in, tags_as_sent, whole

_BULK = """id action strategy total launched refused done canceled startedAt launchedBy reason
    refusals { message runs }"""
_RELAUNCH = """mutation LaunchReexecutions(
  $parentRunIds: [ID!]! $strategy: ReexecutionStrategy! $reason: String $idempotencyKey: String
) {
  launchReexecutions(
    parentRunIds: $parentRunIds strategy: $strategy reason: $reason idempotencyKey: $idempotencyKey
  ) { ...Refusal ... on LaunchRunSuccess { run { ...RunFields } } }
}"""
_PLAN = """query BulkPlan($action: BulkAction! $filter: RunFilter! $strategy: ReexecutionStrategy) {
  bulkPlan(action: $action filter: $filter strategy: $strategy) {
    runs stepsToExecute estimatedDurationMs refusals { message runs }
  }
}"""
_START = f"""mutation StartBulk(
  $action: BulkAction! $filter: RunFilter! $strategy: ReexecutionStrategy $expectedCount: Int! $reason: String
  $idempotencyKey: String
) {{
  startBulk(
    action: $action filter: $filter strategy: $strategy expectedCount: $expectedCount reason: $reason
    idempotencyKey: $idempotencyKey
  ) {{ ...Refusal ... on StartBulkSuccess {{ bulk {{ {_BULK} }} }} }}
}}"""


def launch_reexecutions(
    parent_run_ids: Sequence[str], strategy: str, reason: str | None, idempotency_key: str | None
) -> Request[list[Run | errors.DalsegnoError]]:
    """Queue a re-execution of each."""
    variables = {
        "parentRunIds": list(parent_run_ids),
        "strategy": strategy,
        "reason": reason,
        "idempotencyKey": idempotency_key,
    }

    def read_one(answer: Mapping[str, Any]) -> Run | errors.DalsegnoError:
        try:
            return run_in("launchReexecutions", answer, variables)
        except errors.DalsegnoError as refusal:
            return refusal

    return Request(
        whole(_RELAUNCH), variables, lambda data: [read_one(answer) for answer in data["launchReexecutions"]]
    )


def plan_bulk(action: str, matching: RunFilter, strategy: str | None) -> Request[BulkPlan]:
    """What a bulk would do."""
    variables = {"action": action, "filter": _as_sent(matching), "strategy": strategy}
    return Request(_PLAN, variables, lambda data: msgspec.convert(data["bulkPlan"], BulkPlan))


def start_bulk(
    action: str,
    matching: RunFilter,
    expected_count: int,
    strategy: str | None,
    reason: str | None,
    idempotency_key: str | None,
) -> Request[Bulk]:
    """Have the service re-execute or cancel every run that matches."""
    variables = {
        "action": action,
        "filter": _as_sent(matching),
        "strategy": strategy,
        "expectedCount": expected_count,
        "reason": reason,
        "idempotencyKey": idempotency_key,
    }

    def read(data: Mapping[str, Any]) -> Bulk:
        answer = data["startBulk"]
        if "bulk" not in answer:
            raise_refusal("startBulk", answer, variables)
        return msgspec.convert(answer["bulk"], Bulk)

    return Request(whole(_START), variables, read)


def fetch_bulk(bulk_id: str) -> Request[Bulk]:
    """One bulk."""
    return _one_bulk(f"query Bulk($id: ID!) {{ bulk(id: $id) {{ {_BULK} }} }}", "bulk", bulk_id)


def cancel_bulk(bulk_id: str) -> Request[Bulk]:
    """End a bulk."""
    return _one_bulk(f"mutation CancelBulk($id: ID!) {{ cancelBulk(id: $id) {{ {_BULK} }} }}", "cancelBulk", bulk_id)


def _one_bulk(document: str, field: str, bulk_id: str) -> Request[Bulk]:
    def read(data: Mapping[str, Any]) -> Bulk:
        if data[field] is None:
            raise errors.BulkNotFoundError(bulk_id=bulk_id)
        return msgspec.convert(data[field], Bulk)

    return Request(document, {"id": bulk_id}, read)


def _as_sent(matching: RunFilter) -> Mapping[str, Any]:
    sent = msgspec.to_builtins(matching)
    return sent if matching.tags is None else {**sent, "tags": tags_as_sent(matching.tags)}
