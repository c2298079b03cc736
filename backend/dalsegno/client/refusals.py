"""What the service refused a request with, as the error that it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import msgspec

from dalsegno import errors
from dalsegno.client.records import Plan

REFUSAL = """
fragment Refusal on Error {
  __typename message
  ... on RunNotFoundError { runId }
  ... on PipelineNotFoundError { pipelineName }
  ... on ReexecutionNotAllowedError { refused: strategy }
  ... on InvalidSelectionError { clause textIndex start end suggestions }
  ... on MissingOutputsError { missing { stepKey inputName upstreamStepKey outputName why } stepKeysToAdd }
  ... on InvalidRunConfigError { problems { path message } }
  ... on IdempotencyConflictError { launched: run { id } }
  ... on RunAlreadyFinishedError { run { id status } }
  ... on BulkCountChangedError { expectedCount actualCount }
}"""


def raise_refusal(field: str, refusal: Mapping[str, Any], asked: Mapping[str, Any]) -> NoReturn:
    """Raises the error that a field of the service refused with; `asked` are the request's variables."""
    match refusal["__typename"]:
        case "RunNotFoundError":
            raise errors.RunNotFoundError(run_id=refusal["runId"])
        case "PipelineNotFoundError":
            raise errors.PipelineNotFoundError(pipeline_name=refusal["pipelineName"])
        case "ReexecutionNotAllowedError":
            raise errors.ReexecutionNotAllowedError(strategy=refusal["refused"], why=refusal["message"])
        case "InvalidSelectionError":
            raise _invalid_selection(refusal)
        case "MissingOutputsError":
            raise _missing_outputs(refusal)
        case "InvalidRunConfigError":
            problems = msgspec.convert(refusal["problems"], tuple[errors.ConfigProblem, ...])
            raise errors.InvalidRunConfigError(problems=problems)
        case "StalePlanError":
            plan = msgspec.convert(refusal["plan"], Plan)
            raise errors.StalePlanError(plan_id=asked["planId"], plan=plan)
        case "IdempotencyConflictError":
            run_id = refusal["launched"]["id"] if refusal["launched"] else None
            raise errors.IdempotencyConflictError(idempotency_key=asked["idempotencyKey"], run_id=run_id)
        case "RunAlreadyFinishedError":
            run = refusal["run"]
            raise errors.RunAlreadyFinishedError(run_id=run["id"], status=run["status"])
        case "BulkCountChangedError":
            counts = {"expected_count": refusal["expectedCount"], "actual_count": refusal["actualCount"]}
            raise errors.BulkCountChangedError(**counts)
        case "PermissionDeniedError":
            raise errors.PermissionDeniedError(role="viewer", action=field)
        case name:
            raise errors.ServiceError(url="", problem=refusal["message"], code=name)


def _missing_outputs(refusal: Mapping[str, Any]) -> errors.MissingOutputsError:
    missing = tuple(
        errors.MissingOutput(
            step_key=one["stepKey"],
            input_name=one["inputName"],
            upstream_step_key=one["upstreamStepKey"],
            output_name=one["outputName"],
            why=one["why"],
        )
        for one in refusal["missing"]
    )
    return errors.MissingOutputsError(missing=missing, step_keys_to_add=tuple(refusal["stepKeysToAdd"]))


def _invalid_selection(refusal: Mapping[str, Any]) -> errors.InvalidSelectionError:
    found = errors.InvalidSelectionError(
        problem="",
        clause=refusal["clause"],
        text_index=refusal["textIndex"],
        start=refusal["start"],
        end=refusal["end"],
        suggestions=tuple(refusal["suggestions"]),
    )
    # Its message is the problem and a hint, which it makes of the suggestions itself.
    found.problem = refusal["message"].removesuffix(found.message)
    return found
