"""What is recorded of steps, as their run goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dalsegno.runs.attempts import StepAttempt, StepOutput, StepState
from dalsegno.runs.status import StepStatus
from dalsegno.store.script import Script
from dalsegno.store.statements import InsertOrIgnore, InsertOrReplace
from dalsegno.store.tables import attempts, outputs, steps

_RECORD_STEPS = InsertOrReplace(steps)
_RECORD_ATTEMPTS = InsertOrReplace(attempts)
# Outputs of a step that succeeded never change, so one that is there already stays.
_RECORD_OUTPUTS = InsertOrIgnore(outputs)


def record_steps(run_id: str, states: Sequence[StepState], *, event_number: int) -> Script[None]:
    """Writes steps, with their attempts and outputs, as they stand after the event of this number."""
    yield _RECORD_STEPS, [_step_values(run_id, state, event_number) for state in states]
    yield _RECORD_ATTEMPTS, [_attempt_values(run_id, state.step_key, one) for state in states for one in state.attempts]
    yield (
        _RECORD_OUTPUTS,
        [
            _output_values(run_id, state, position, output)
            for state in states
            if state.status is StepStatus.SUCCESS
            for position, output in enumerate(state.outputs)
        ],
    )


def _step_values(run_id: str, state: StepState, event_number: int) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "step_key": state.step_key,
        "status": state.status,
        "attempt_count": len(state.attempts),
        "started_at": state.started_at,
        "ended_at": state.ended_at,
        "changed_at_event": event_number,
        "cause_step_keys": state.cause_step_keys or None,
        "note": state.note,
        "expansions": dict(state.expansions) or None,
        "retry_at": state.retry_at,
    }


def _attempt_values(run_id: str, step_key: str, attempt: StepAttempt) -> dict[str, Any]:
    made_from = attempt.provenance
    return {
        "run_id": run_id,
        "step_key": step_key,
        "number": attempt.number,
        "token": attempt.token,
        "status": attempt.status,
        "started_at": attempt.started_at,
        "ended_at": attempt.ended_at,
        "worker_id": attempt.worker_id,
        "code_version": None if made_from is None else made_from.code_version,
        "config_digest": None if made_from is None else made_from.config_digest,
        "input_digests": None if made_from is None else made_from.input_digests or None,
        "stdout": attempt.stdout,
        "stderr": attempt.stderr,
        "error": attempt.error,
    }


def _output_values(run_id: str, state: StepState, position: int, output: StepOutput) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "step_key": state.step_key,
        "name": output.name,
        "mapping_key": output.mapping_key or "",
        "position": position,
        "attempt_number": state.attempts[-1].number,
        "uri": output.uri,
        "digest": output.digest,
        "size_bytes": output.size_bytes,
        "preview": output.preview,
        "metadata": output.metadata or None,
    }
