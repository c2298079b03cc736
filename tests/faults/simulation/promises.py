"""The promises, judged on what is left of a simulation: pure functions of its history.

Each gives a sentence for every place where it finds its promise broken.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from dalsegno.runs.automatic_retry import MAX_RETRIES_TAG, RETRY_NUMBER_TAG
from tests.faults.simulation.history import History, RunHistory
from tests.faults.simulation.journal import (
    Answered,
    Damaged,
    Ended,
    Entered,
    Fault,
    Made,
    RunStands,
    Stored,
    Unexpected,
    Written,
)

# Lost with its worker so often, a step fails.
MAX_LOSSES = 3
# In virtual seconds. A worker looks for the wish to cancel once a second; what it does then takes a moment.
SEES_CANCEL = 1.6
# From there: the grace period, and what tearing resources down may take.
ENDS_CANCELED = SEES_CANCEL + 1.0 + 1.0 + 0.4

# Why a run as a whole may fail. Anything else is a fault of ours.
_RUN_ERRORS = ("CodeChangedError", "StepProcessDiedError", "WorkerLostError")
_SCRIPT = "in-process:"


class Broken(msgspec.Struct, frozen=True):
    """A promise that was not kept."""

    # As they are numbered in the design; 0 for what goes without saying.
    promise: int
    what: str

    def __str__(self) -> str:
        return f"promise {self.promise} is broken: {self.what}"


def reaches_an_end(history: History) -> Iterator[str]:
    """A launch that was answered reaches an end, whichever processes are killed."""
    for answered in history.of(Answered):
        if answered.run_id not in history.runs:
            yield f"{answered.client} was told of run {answered.run_id}, which is not stored"
    for run in history.runs.values():
        if run.run["ended_at"] is None:
            yield f"run {run.run_id} is still {run.run['status']}"
    keys: dict[tuple[str, str], str] = {}
    for answered in history.of(Answered):
        if answered.idempotency_key is not None:
            first = keys.setdefault((answered.client, answered.idempotency_key), answered.run_id)
            if first != answered.run_id:
                yield f"key {answered.idempotency_key!r} has launched both {first} and {answered.run_id}"


def fails_and_is_retried_once(history: History) -> Iterator[str]:
    """A failed run whose tags say so is re-executed by itself, once, and reaches an end as any launch does."""
    for run in history.runs.values():
        tags = json.loads(run.run["tags"] or "{}")
        number = int(tags.get(RETRY_NUMBER_TAG, 0))
        due = history.retries.get(run.run_id)
        if due is not None and run.run["status"] != "FAILURE":
            yield f"run {run.run_id} is {run.run['status']}, and retried by itself"
        if due is not None and not due["is_settled"]:
            yield f"run {run.run_id} was to be retried by itself, and is not"
        may = int(tags.get(MAX_RETRIES_TAG, 0)) > number
        # With other code it would be another plan, and that is for people to launch.
        is_superseded = "CodeChangedError" in (run.run["error"] or "")
        if due is None and may and run.run["status"] == "FAILURE" and not (_is_of_script(run) or is_superseded):
            yield f"run {run.run_id} has failed, and nobody has noted that it is to be retried"
        if due is not None and not may:
            yield f"run {run.run_id} is retried more often than its tags say"
        if number and history.retries.get(run.run["parent_run_id"], {}).get("run_id") != run.run_id:
            yield f"run {run.run_id} retries run {run.run['parent_run_id']}, which was to be retried otherwise"


def only_the_holder_writes(history: History) -> Iterator[str]:
    """One lease at a time executes a run; a stale holder cannot write: every write checks its token."""
    for written in history.of(Written):
        if written.token != written.token_of_run:
            yield f"{written.holder} wrote to run {written.run_id} at {written.at:.3f} without holding it"
    for run in history.runs.values():
        numbers = [event["number"] for event in run.events]
        if numbers != list(range(1, run.run["last_event_number"] + 1)):
            yield f"the events of run {run.run_id} are numbered {numbers}"
        holder = None
        for event in run.events:
            if event["kind"] in ("RUN_CLAIMED", "RUN_STARTED"):
                holder = event["data"]["worker_id"]
            elif event["kind"] == "STEP_STARTED" and event["data"].get("worker_id") not in (holder, None):
                yield f"{event['data']['worker_id']} started {event['step_key']} of run {run.run_id}, held by {holder}"


def succeeds_once_and_is_stored_before(history: History) -> Iterator[str]:
    """A step runs at least once; at most one attempt per step and run succeeds; its outputs are stored before the
    success is recorded.
    """
    entered = Counter(one.token for one in history.of(Entered))
    yield from (f"attempt {token} was made {times} times" for token, times in entered.items() if times > 1)
    stored = {one.uri: (place, one) for place, one in enumerate(history.journal) if isinstance(one, Stored)}
    for run in history.runs.values():
        committed = _commits(history, run.run_id)
        for key, step in run.steps.items():
            attempts = run.attempts.get(key, [])
            where = f"step {key} of run {run.run_id}"
            if [one["number"] for one in attempts] != list(range(1, step["attempt_count"] + 1)):
                yield f"{where} has {step['attempt_count']} attempts, numbered {[one['number'] for one in attempts]}"
            started = [one for one in run.events if one["kind"] == "STEP_STARTED" and one["step_key"] == key]
            if [one["attempt"] for one in started] != list(range(1, len(started) + 1)):
                yield f"{where} was started as attempts {[one['attempt'] for one in started]}"
            yield from (f"{where}: {problem}" for problem in _tries_too_often(history, run, key, attempts))
            good = [one for one in attempts if one["status"] == "SUCCESS"]
            if len(good) != (step["status"] == "SUCCESS") or good[:-1] or (good and good[0] is not attempts[-1]):
                yield f"{where} is {step['status']}, its attempts are {[one['status'] for one in attempts]}"
                continue
            if good and not entered[good[0]["token"]]:
                yield f"{where} succeeded, and its body was never entered"
            outputs = run.outputs.get(key, [])
            if outputs and not good:
                yield f"{where} has outputs, and no success"
            for output in outputs:
                yield from (
                    f"{where}: {problem}" for problem in _badly_stored(run, output, attempts, stored, committed)
                )


def an_ended_run_never_changes(history: History) -> Iterator[str]:
    """A finished run never changes: status, times, steps, attempts, inputs, outputs, events."""
    for ended in history.of(Ended):
        now = history.runs[ended.run_id].rows
        for table, rows in ended.rows.items():
            if rows != now[table]:
                yield f"{table} of run {ended.run_id} have changed since it ended at {ended.at:.3f}"


def what_was_previewed_runs(history: History) -> Iterator[str]:
    """What was previewed is what runs, or the launch is refused."""
    for run in history.runs.values():
        names = {key.partition("[")[0] for key in run.planned}
        for key in run.steps:
            if key not in run.planned and not ("[" in key and f"{key.partition('[')[0]}[?]" in run.planned):
                yield f"step {key} of run {run.run_id} was executed, and planned were {sorted(names)}"
    for answered in history.of(Answered):
        if answered.previewed is None or answered.run_id not in history.runs:
            continue
        run = history.runs[answered.run_id]
        executed = msgspec.json.decode(msgspec.json.encode(answered.previewed.executed))
        previewed = {key: _work(step) for key, step in executed.items()}
        stored = {key: _work(step) for key, step in run.planned.items()}
        if previewed != stored:
            yield f"{answered.client} was shown another plan than that of run {run.run_id}"


def reuses_the_same_bytes(history: History) -> Iterator[str]:
    """A reused output is byte for byte its source, checked by digest on load."""
    made = {one.value for one in history.of(Made)}
    digests = {one.uri: one.digest for one in history.of(Stored)}
    recorded = (one for run in history.runs.values() for attempts in run.attempts.values() for one in attempts)
    good = {one["token"] for one in recorded if one["status"] == "SUCCESS"}
    for run in history.runs.values():
        for step in run.planned.values():
            for source in _sources(step):
                if source.get("run_id") and digests.get(source["uri"]) != source["digest"]:
                    yield f"the plan of run {run.run_id} takes {source['uri']} for what it is not"
    damaged = {one.uri for one in history.of(Damaged)}
    for run in history.runs.values():
        for key, attempts in run.attempts.items():
            for error in filter(None, map(_error, attempts)):
                gone = error["class_name"] == "OutputUnavailableError"
                if gone and not any(uri in error["message"] for uri in damaged):
                    yield f"step {key} of run {run.run_id} found no output where one was recorded: {error['message']}"
    for entered in history.of(Entered):
        if entered.run_id not in history.runs:
            continue
        run = history.runs[entered.run_id]
        where = f"step {entered.step_key} of run {entered.run_id}"
        step = run.planned.get(entered.step_key) or run.planned.get(f"{entered.step_key.partition('[')[0]}[?]", {})
        for one in step.get("inputs", ()):
            values = entered.inputs.get(one["name"], ())
            for value in values:
                if value not in made:
                    yield f"{where} was given {value}, which nobody has made"
            given = {(key, run_id, token) for key, run_id, token, _ in values}
            if entered.token not in good:
                # What was made just before may be lost with it.
                given = {one for one in given if one[1] != entered.run_id}
            if not given <= set(_makers(history, run, one)):
                yield f"{where} was given {sorted(given)} for {one['name']!r}, which its plan does not say"


def a_lost_worker_costs_its_attempts_alone(history: History) -> Iterator[str]:
    """Losing a worker costs the attempts in flight, nothing else: another worker carries the run on."""
    faults = history.of(Fault)
    for run in history.runs.values():
        error = msgspec.json.decode(run.run["error"]) if run.run["error"] else None
        if error is not None and error["class_name"] not in _RUN_ERRORS[: 3 if _is_of_script(run) else 2]:
            yield f"run {run.run_id} failed with {error['class_name']}: {error['message']}"
        ended: set[str] = set()
        for event in run.events:
            if event["kind"] == "STEP_STARTED" and event["step_key"] in ended:
                yield f"step {event['step_key']} of run {run.run_id} was executed again after its end"
            if event["kind"] in ("STEP_SUCCEEDED", "STEP_SKIPPED", "STEP_FAILED", "STEP_BLOCKED"):
                ended.add(event["step_key"])
        for key, attempts in run.attempts.items():
            lost = [one for one in attempts if one["status"] == "LOST" or _was_lost(one)]
            if len(lost) > MAX_LOSSES or (any(map(_was_lost, lost)) and len(lost) != MAX_LOSSES):
                yield f"step {key} of run {run.run_id} was lost {len(lost)} times"
            for one in lost:
                holder = str(one["worker_id"])
                host = holder.removeprefix(_SCRIPT).partition(":")[0]
                if not any(fault.process.startswith(host) or fault.kind == "away" for fault in faults):
                    yield f"attempt {one['number']} of {key} in run {run.run_id} was lost, though {holder} was well"


def cancel_wins(history: History) -> Iterator[str]:
    """Cancel wins: once stored, nothing starts after it, the run ends CANCELED within the grace period even if its last
    step succeeded, and what succeeded counts.
    """
    stored: dict[str, float] = {}
    for stands in history.of(RunStands):
        if stands.cancel_is_stored:
            stored.setdefault(stands.run_id, stands.at)
    faults = history.of(Fault)
    ended_at = {one.run_id: one.at for one in history.of(Ended)}
    for run in history.runs.values():
        status = run.run["status"]
        wished_at = stored.get(run.run_id)
        if wished_at is None:
            if status == "CANCELED":
                yield f"run {run.run_id} is CANCELED, and nobody wished it"
            continue
        end = ended_at.get(run.run_id)
        if end is not None and status != "CANCELED":
            yield f"run {run.run_id} was to be cancelled since {wished_at:.3f}, and ended {status} at {end:.3f}"
        for entered in history.of(Entered):
            late = entered.run_id == run.run_id and entered.at > wished_at + SEES_CANCEL
            if late and not _was_disturbed(faults, entered.holder, entered.at):
                yield (
                    f"step {entered.step_key} of run {run.run_id} was started at {entered.at:.3f}, and its "
                    f"cancellation stored at {wished_at:.3f}"
                )
        is_late = end is not None and end > wished_at + ENDS_CANCELED
        if is_late and not _is_of_script(run) and not any(one.at < end for one in faults if one.kind != "duplicate"):
            yield f"run {run.run_id} was to be cancelled since {wished_at:.3f}, and ended at {end:.3f} only"


def goes_without_saying(history: History) -> Iterator[str]:
    """No thread dies of an error that nobody has caught; a group stands as its newest run that counts."""
    for one in history.of(Unexpected):
        yield f"{one.thread} of {one.process} died of {one.error}"
    if any(run.run["ended_at"] is None for run in history.runs.values()):
        return
    for root, group in history.groups.items():
        newest = history.runs[group["newest_run_id"]].run
        if group["status"] != newest["group_status"]:
            yield f"group {root} is {group['status']}, and its newest run {newest['group_status']}"


PROMISES: tuple[tuple[int, Callable[[History], Iterator[str]]], ...] = (
    (1, reaches_an_end),
    (1, fails_and_is_retried_once),
    (2, only_the_holder_writes),
    (3, succeeds_once_and_is_stored_before),
    (4, an_ended_run_never_changes),
    (5, what_was_previewed_runs),
    (6, reuses_the_same_bytes),
    (7, a_lost_worker_costs_its_attempts_alone),
    (8, cancel_wins),
    (0, goes_without_saying),
)


def broken_promises(history: History) -> list[Broken]:
    """All that the history shows to be broken."""
    return [Broken(number, what) for number, promise in PROMISES for what in promise(history)]


def _is_of_script(run: RunHistory) -> bool:
    return any(one["data"].get("worker_id", "").startswith(_SCRIPT) for one in run.events)


def _commits(history: History, run_id: str) -> list[tuple[int, int]]:
    """When each of a run's events was committed: the last event's number, and the place in the journal."""
    return [
        (entry.last_event_number, place)
        for place, entry in enumerate(history.journal)
        if isinstance(entry, RunStands) and entry.run_id == run_id
    ]


def _badly_stored(
    run: RunHistory,
    output: dict[str, Any],
    attempts: list[dict[str, Any]],
    stored: dict[str, tuple[int, Stored]],
    committed: list[tuple[int, int]],
) -> Iterator[str]:
    if output["attempt_number"] != attempts[-1]["number"]:
        yield f"output {output['name']} is of attempt {output['attempt_number']}, which did not succeed"
    if output["uri"] not in stored:
        yield f"output {output['name']} is recorded, and was never stored"
        return
    stored_at, found = stored[output["uri"]]
    if found.digest != output["digest"]:
        yield f"output {output['name']} is recorded with another digest than that of its bytes"
    success = next(
        one["number"] for one in run.events if one["kind"] == "STEP_SUCCEEDED" and one["step_key"] == output["step_key"]
    )
    if next(place for last, place in committed if last >= success) < stored_at:
        yield f"output {output['name']} was stored at {found.at:.3f}, after its success was recorded"


def _tries_too_often(history: History, run: RunHistory, key: str, attempts: list[dict[str, Any]]) -> Iterator[str]:
    limit = history.retry_limits.get((run.run["pipeline_name"], key.partition("[")[0]), 0)
    failures = sum(one["status"] == "FAILURE" and not _was_lost(one) for one in attempts)
    if failures > limit + 1:
        yield f"it was tried {failures} times, and may be tried again {limit} times"


def _error(attempt: dict[str, Any]) -> dict[str, Any]:
    """Of an attempt; empty where it has none."""
    found: dict[str, Any] = msgspec.json.decode(attempt["error"] or "{}")
    return found


def _was_lost(attempt: dict[str, Any]) -> bool:
    return _error(attempt).get("class_name") == "WorkerLostError"


def _work(step: dict[str, Any]) -> Any:
    """What a plan does with a step, and on what."""
    return [(one["name"], one.get("sources", ()), one.get("absent", ())) for one in step.get("inputs", ())]


def _sources(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for one in step.get("inputs", ()):
        yield from one.get("sources", ())


def _makers(history: History, run: RunHistory, planned: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The attempts whose outputs an input may be given: step key, run, token."""
    for source in planned.get("sources", ()):
        of_run = history.runs[source["run_id"]] if source.get("run_id") else run
        for key, attempts in of_run.attempts.items():
            is_of_source = key == source["step_key"] or (
                source["step_key"].endswith("[?]") and key.partition("[")[0] == source["step_key"][:-3]
            )
            if is_of_source:
                good = [one for one in attempts if one["status"] == "SUCCESS"]
                yield from ((key, of_run.run_id, one["token"]) for one in good)


def _was_disturbed(faults: list[Fault], process: str, before: float) -> bool:
    """Something has kept the process, or the database, from its work."""
    return any(one.at <= before and (one.process.startswith(process) or one.kind == "away") for one in faults)
