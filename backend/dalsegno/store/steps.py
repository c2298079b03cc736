"""Steps of runs as they stand: their attempts and outputs."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, select

from dalsegno.runs.attempts import Provenance, StepAttempt, StepOutput, StepState
from dalsegno.runs.status import StepStatus
from dalsegno.store.script import AnyRow, Rows, Script
from dalsegno.store.tables import attempts, outputs, steps

StepsOfRuns = dict[str, dict[str, StepState]]

_STEP_COLUMNS = (
    steps.c.run_id,
    steps.c.step_key,
    steps.c.status,
    steps.c.started_at,
    steps.c.ended_at,
    steps.c.cause_step_keys,
    steps.c.note,
    steps.c.expansions,
    steps.c.retry_at,
    steps.c.attempt_count,
)
# More keys are not asked for one by one: a statement takes no more than some 30,000 values.
_KEYS_AT_ONCE = 5_000
_wanted_runs: BindParameter[list[str]] = bindparam("wanted_runs", expanding=True)
_FETCH_STEPS = select(*_STEP_COLUMNS).where(steps.c.run_id.in_(_wanted_runs))
_FETCH_ATTEMPTS = (
    select(attempts)
    .where(attempts.c.run_id.in_(_wanted_runs))
    .order_by(attempts.c.run_id, attempts.c.step_key, attempts.c.number)
)
_FETCH_ATTEMPT_OUTLINES = (
    select(
        attempts.c.run_id,
        attempts.c.step_key,
        attempts.c.number,
        attempts.c.token,
        attempts.c.status,
        attempts.c.started_at,
        attempts.c.ended_at,
    )
    .where(attempts.c.run_id.in_(_wanted_runs))
    .order_by(attempts.c.run_id, attempts.c.step_key, attempts.c.number)
)
# Not joined to the steps: of a run that has just ended Postgres has no statistics, and would compare each with each.
_FETCH_SUCCESSES = select(
    attempts.c.run_id,
    attempts.c.step_key,
    attempts.c.number,
    attempts.c.token,
    attempts.c.started_at,
    attempts.c.ended_at,
    attempts.c.code_version,
    attempts.c.config_digest,
    attempts.c.input_digests,
).where(attempts.c.run_id.in_(_wanted_runs), attempts.c.status == StepStatus.SUCCESS)
_FETCH_OUTPUTS = (
    select(
        outputs.c.run_id,
        outputs.c.step_key,
        outputs.c.name,
        outputs.c.mapping_key,
        outputs.c.uri,
        outputs.c.digest,
        outputs.c.size_bytes,
        outputs.c.preview,
        outputs.c.metadata,
    )
    .where(outputs.c.run_id.in_(_wanted_runs))
    .order_by(outputs.c.run_id, outputs.c.step_key, outputs.c.position)
)


def fetch_steps(
    run_ids: Iterable[str], *, with_attempts: bool, step_keys: Collection[str] | None = None
) -> Script[StepsOfRuns]:
    """By run id, then step key: the steps that began, were skipped, blocked or cancelled, with their outputs.

    Without `with_attempts`, of attempts only the successful one with what a plan needs: number, token, times,
    provenance. With `step_keys`, only those steps.
    """
    wanted = {"wanted_runs": list(run_ids)}
    stored = _outputs_by_step((yield _of_keys(_FETCH_OUTPUTS, step_keys), wanted))
    if with_attempts:
        made = _attempts_by_step((yield _of_keys(_FETCH_ATTEMPTS, step_keys), wanted))
    else:
        made = _successes_by_step((yield _of_keys(_FETCH_SUCCESSES, step_keys), wanted))
    found: StepsOfRuns = {run_id: {} for run_id in wanted["wanted_runs"]}
    for row in (yield _of_keys(_FETCH_STEPS, step_keys), wanted):
        place = row[0], row[1]
        found[row[0]][row[1]] = _step_of(row, tuple(made.get(place, ())), tuple(stored.get(place, ())))
    return found


def fetch_step_outlines(run_ids: Iterable[str], step_keys: Collection[str] | None = None) -> Script[StepsOfRuns]:
    """As `fetch_steps`, without any outputs: what a chart of many steps shows.

    Of attempts those of steps that were tried again, or wait for it: number, token, status, times.
    """
    wanted = {"wanted_runs": list(run_ids)}
    found: StepsOfRuns = {run_id: {} for run_id in wanted["wanted_runs"]}
    rows = yield _of_keys(_FETCH_STEPS, step_keys), wanted
    tried_again = [row for row in rows if row.attempt_count > 1 or row.status == StepStatus.RETRYING]
    made = (yield from _fetch_attempt_outlines(tried_again)) if tried_again else {}
    for row in rows:
        found[row[0]][row[1]] = _step_of(row, tuple(made.get((row[0], row[1]), ())), ())
    return found


def _fetch_attempt_outlines(of_steps: Rows) -> Script[dict[tuple[str, str], list[StepAttempt]]]:
    made: dict[tuple[str, str], list[StepAttempt]] = {(row.run_id, row.step_key): [] for row in of_steps}
    wanted = {"wanted_runs": sorted({run_id for run_id, _ in made})}
    keys = {step_key for _, step_key in made}
    statement = _of_keys(_FETCH_ATTEMPT_OUTLINES, keys if len(keys) <= _KEYS_AT_ONCE else None)
    for run_id, step_key, number, token, status, started_at, ended_at in (yield statement, wanted):
        if (run_id, step_key) in made:
            attempt = StepAttempt(
                number=number, token=token, status=StepStatus(status), started_at=started_at, ended_at=ended_at
            )
            made[run_id, step_key].append(attempt)
    return made


def _of_keys(statement: Select[Any], step_keys: Collection[str] | None) -> Select[Any]:
    return statement if step_keys is None else statement.where(statement.selected_columns.step_key.in_(step_keys))


def _step_of(row: AnyRow, made: tuple[StepAttempt, ...], stored: tuple[StepOutput, ...]) -> StepState:
    _, step_key, status, started_at, ended_at, cause_step_keys, note, expansions, retry_at, _ = row
    return StepState(
        step_key=step_key,
        status=StepStatus(status),
        attempts=made,
        outputs=stored,
        cause_step_keys=cause_step_keys or (),
        note=note,
        expansions=expansions or {},
        retry_at=retry_at,
        started_at=started_at,
        ended_at=ended_at,
    )


def _successes_by_step(rows: Rows) -> Mapping[tuple[str, str], Sequence[StepAttempt]]:
    return {
        (run_id, step_key): (
            StepAttempt(
                number=number,
                token=token,
                status=StepStatus.SUCCESS,
                started_at=started_at,
                ended_at=ended_at,
                provenance=_provenance_of(code_version, config_digest, input_digests),
            ),
        )
        for (
            run_id,
            step_key,
            number,
            token,
            started_at,
            ended_at,
            code_version,
            config_digest,
            input_digests,
        ) in rows
    }


def _attempts_by_step(rows: Rows) -> Mapping[tuple[str, str], Sequence[StepAttempt]]:
    found: dict[tuple[str, str], list[StepAttempt]] = {}
    for row in rows:
        attempt = StepAttempt(
            number=row.number,
            token=row.token,
            status=StepStatus(row.status),
            started_at=row.started_at,
            ended_at=row.ended_at,
            worker_id=row.worker_id,
            error=row.error,
            provenance=_provenance_of(row.code_version, row.config_digest, row.input_digests),
            stdout=row.stdout,
            stderr=row.stderr,
        )
        found.setdefault((row.run_id, row.step_key), []).append(attempt)
    return found


def _outputs_by_step(rows: Rows) -> dict[tuple[str, str], list[StepOutput]]:
    found: dict[tuple[str, str], list[StepOutput]] = {}
    for run_id, step_key, name, mapping_key, uri, digest, size_bytes, preview, metadata in rows:
        output = StepOutput(
            name=name,
            mapping_key=mapping_key or None,
            uri=uri,
            digest=digest,
            size_bytes=size_bytes,
            preview=preview,
            metadata=metadata or {},
        )
        found.setdefault((run_id, step_key), []).append(output)
    return found


def _provenance_of(code_version: str | None, config_digest: str | None, input_digests: Any) -> Provenance | None:
    if code_version is None or config_digest is None:
        return None
    return Provenance(code_version=code_version, config_digest=config_digest, input_digests=input_digests or {})
