"""What is left of a chaos, judged: the rows, the files, the journal of the steps, and what clients have noted.

The promises are those of the simulation, as far as they can be seen from outside; here stands what it takes to read
them, and what only real files and processes can break.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tests.faults.chaos.breaking import Broken
from tests.faults.chaos.clients import Notes, digest_of, uris_of
from tests.faults.chaos.databases import Reader
from tests.faults.simulation.history import History, RunHistory, run_history
from tests.faults.simulation.journal import (
    Answered,
    Ended,
    Entered,
    Entry,
    Fault,
    Made,
    RunStands,
    Stored,
    Unexpected,
)
from tests.faults.simulation.promises import broken_promises

_MICROSECONDS = 1_000_000
# In seconds: a worker that was kept from its work may have stood still, or not have reached the database, for so long.
SEES_CANCEL = 15.0
# How often these steps are tried again where they fail.
_RETRY_LIMITS = {("twenty", "right"): 2}
# What a process says where a thread of it died of something that nobody caught.
_UNEXPECTED = ("Exception in thread", "could not be executed", "Unhandled")


def read_history(reader: Reader, notes: Notes, breaks: list[Broken], lines: list[dict[str, Any]], logs: str) -> History:
    """Of the database as it is now."""
    runs: dict[str, RunHistory] = {}
    for one in sorted(reader.all("runs"), key=lambda one: str(one["run_id"])):
        rows = reader.rows_of_run(one["run_id"])
        runs[one["run_id"]] = run_history(rows, rows)
    return History(
        runs=runs,
        groups={one["root_run_id"]: one for one in reader.all("run_groups")},
        retries={one["parent_run_id"]: one for one in reader.all("automatic_retries")},
        journal=[*_journal(runs, notes, breaks, lines, logs)],
        retry_limits=_RETRY_LIMITS,
    )


def read_journal(path: Path) -> list[dict[str, Any]]:
    """What steps have told, in that order."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def problems(history: History, notes: Notes, lines: list[dict[str, Any]], left: dict[int, str]) -> list[str]:
    """All that is broken."""
    return [
        *(str(one) for one in broken_promises(history)),
        *notes.failures,
        *_files_changed(notes),
        *_previews_broken(history, notes),
        *_started_long_after_cancel(history, lines),
        *_never_left(history, lines),
        *(f"process {pid} is left: {command}" for pid, command in left.items()),
    ]


def _journal(
    runs: dict[str, RunHistory], notes: Notes, breaks: list[Broken], lines: list[dict[str, Any]], logs: str
) -> Iterator[Entry]:
    for run in runs.values():
        for uri in uris_of(run.rows):
            # As it lies there now: what was recorded before it was stored can't be told from outside.
            yield Stored(at=0.0, uri=uri, digest=digest_of(uri))
    tokens = {
        (run.run_id, key, one["number"]): one["token"]
        for run in runs.values()
        for key, attempts in run.attempts.items()
        for one in attempts
    }

    def value(made: list[Any]) -> tuple[str, str, str, int]:
        step_key, run_id, number, chance = made
        return step_key, run_id, tokens.get((run_id, step_key, number), f"not recorded: {number}"), chance

    for line in lines:
        if line["kind"] == "leave":
            yield Made(at=line["at"], value=value(line["maker"]))
    for line in lines:
        token = tokens.get((line["run_id"], line["step_key"], line["number"]))
        # Lost before it was recorded: the same number was given again.
        if line["kind"] == "enter" and token is not None and _is_of_row(runs, line):
            inputs = {name: tuple(map(value, values)) for name, values in line["inputs"].items()}
            who = {"run_id": line["run_id"], "step_key": line["step_key"], "number": line["number"]}
            yield Entered(at=line["at"], token=token, holder="", inputs=inputs, **who)
    for answer in notes.answers:
        yield Answered(at=answer.at, run_id=answer.run_id, client=answer.client, idempotency_key=answer.key)
    for copy in notes.copies:
        yield Ended(at=copy.at, run_id=copy.run_id, rows=copy.rows)
    # Who holds a run is a worker of this host; which one was disturbed, its process id tells.
    holders = {one["worker_id"] for run in runs.values() for all_ in run.attempts.values() for one in all_}
    for broken in breaks:
        if broken.pid is None:
            yield Fault(at=broken.at, kind="away", process="the database", point=broken.kind, seconds=broken.seconds)
        for holder in holders:
            yield Fault(at=broken.at, kind="chaos", process=str(holder), point=broken.kind, seconds=broken.seconds)
    for run in runs.values():
        yield RunStands(
            at=run.run["cancel_requested_at"] or 0.0,
            run_id=run.run_id,
            status=run.run["status"],
            last_event_number=run.run["last_event_number"],
            cancel_is_stored=run.run["cancel_requested_at"] is not None,
            has_ended=run.run["ended_at"] is not None,
            holder=None,
        )
    for log in logs.splitlines():
        if any(words in log for words in _UNEXPECTED):
            yield Unexpected(at=0.0, process="a process", thread="a thread", error=log)


def _is_of_row(runs: dict[str, RunHistory], line: dict[str, Any]) -> bool:
    """An attempt that nobody recorded has the number of the one after it, or of that of who took the run over."""
    row = runs[line["run_id"]].attempts[line["step_key"]][line["number"] - 1]
    if int(row["worker_id"].split(":")[1]) != line["worker"]:
        return False
    begun, ended = row["started_at"] / _MICROSECONDS, row["ended_at"] and row["ended_at"] / _MICROSECONDS
    return bool(begun <= line["at"] and (ended is None or line["at"] <= ended))


def _files_changed(notes: Notes) -> Iterator[str]:
    for copy in notes.copies:
        for uri, digest in copy.files.items():
            if not digest:
                yield f"output {uri} of run {copy.run_id} was recorded, and not there when the run had ended"
            elif digest_of(uri) != digest:
                yield f"output {uri} of run {copy.run_id} has changed since the run ended"


def _previews_broken(history: History, notes: Notes) -> Iterator[str]:
    for answer in notes.answers:
        if answer.previewed is None or answer.run_id not in history.runs:
            continue
        stored = history.runs[answer.run_id].planned
        for step in answer.previewed.steps:
            if (step.action == "EXECUTE") != (step.step_key in stored):
                yield f"run {answer.run_id} was previewed with {step.step_key} {step.action}, and does otherwise"
                continue
            if step.action != "EXECUTE":
                continue
            shown = {(one.name, source.run_id, source.step_key) for one in step.inputs for source in one.sources}
            kept = {
                (one["name"], source.get("run_id"), source["step_key"])
                for one in stored[step.step_key].get("inputs", ())
                for source in one.get("sources", ())
            }
            if {one for one in shown if one[1]} != {one for one in kept if one[1]}:
                yield f"run {answer.run_id} takes for {step.step_key} what its preview did not show"


def _started_long_after_cancel(history: History, lines: list[dict[str, Any]]) -> Iterator[str]:
    for line in lines:
        wished_at = history.runs[line["run_id"]].run["cancel_requested_at"]
        if line["kind"] == "enter" and wished_at and line["at"] > wished_at / _MICROSECONDS + SEES_CANCEL:
            yield f"{line['step_key']} of run {line['run_id']} was started {SEES_CANCEL:g} s after it was cancelled"


def _never_left(history: History, lines: list[dict[str, Any]]) -> Iterator[str]:
    left = {(one["run_id"], one["step_key"], one["number"]) for one in lines if one["kind"] == "leave"}
    for run in history.runs.values():
        for key, attempts in run.attempts.items():
            for one in attempts:
                if one["status"] == "SUCCESS" and (run.run_id, key, one["number"]) not in left:
                    yield f"attempt {one['number']} of {key} in run {run.run_id} succeeded, and never came to its end"


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was tried."""

    runs: int
    by_status: dict[str, int]
    attempts: int
    lost_attempts: int
    takeovers: int
    automatic_retries: int
    cancels: int
    repeated_keys: int
    lost_answers: int
    broken: dict[str, int]
    seconds: float


def figures_of(history: History, notes: Notes, broken: dict[str, int], seconds: float) -> Figures:
    """For people."""
    attempts = [one for run in history.runs.values() for some in run.attempts.values() for one in some]
    events = [event for run in history.runs.values() for event in run.events]
    statuses = [run.run["status"] for run in history.runs.values()]
    return Figures(
        runs=len(history.runs),
        by_status={status: statuses.count(status) for status in sorted(set(statuses))},
        attempts=len(attempts),
        lost_attempts=sum(one["status"] == "LOST" for one in attempts),
        takeovers=sum(one["kind"] == "RUN_CLAIMED" and one["data"].get("is_taken_over", False) for one in events),
        automatic_retries=sum(one["run_id"] is not None for one in history.retries.values()),
        cancels=len(notes.cancels),
        repeated_keys=notes.repeated,
        lost_answers=notes.unanswered,
        broken=dict(sorted(broken.items())),
        seconds=round(seconds, 1),
    )
