"""Who launches, re-executes and cancels over GraphQL, asks again where no answer came, and notes what was answered."""

from __future__ import annotations

import hashlib
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from dalsegno.client import Client, Plan, Run
from dalsegno.errors import DalsegnoError, ServiceError
from tests.faults.chaos.databases import Reader, Rows

T = TypeVar("T")

PIPELINE = "twenty"
_STRATEGIES = (
    ("FROM_FAILURE", None),
    ("FROM_FAILURE", None),
    ("ALL_STEPS", None),
    ("FROM_SELECTED", "total"),
    ("FROM_SELECTED", "each[k1]"),
    ("SELECTED_STEPS", "left,right"),
    ("SELECTED_STEPS", "gen*"),
)
_REST_SECONDS = 0.1


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A client was told that its run is launched."""

    at: float
    run_id: str
    client: str
    key: str
    # By its id the run was launched.
    previewed: Plan | None = None


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """A run's rows, and its files' digests, as they were when it had just ended."""

    at: float
    run_id: str
    rows: Rows
    files: dict[str, str]


class Notes:
    """What clients have noted; they share it."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.cancels: list[str] = []
        self.copies: list[Copy] = []
        self.repeated = 0
        self.unanswered = 0
        self.refused: list[str] = []
        self.failures: list[str] = []

    @property
    def launched(self) -> int:
        """How many runs."""
        return len({one.run_id for one in self.answers})


class ChaosClient(threading.Thread):
    """One client: it launches runs while `may_launch` says so, and follows each to its end and its re-executions."""

    def __init__(
        self, number: int, url: str, reader: Reader, notes: Notes, seed: int, may_launch: Callable[[], bool]
    ) -> None:
        super().__init__(name=f"client {number}", daemon=True)
        self._client = Client(url, timeout=10.0)
        self._reader = reader
        self._notes = notes
        self._random = random.Random(f"client {number} of chaos {seed}")
        self._may_launch = may_launch
        self._keys = 0

    def run(self) -> None:
        try:
            with self._client:
                self._live()
        except Exception as error:  # whoever waits for it is told
            self._notes.failures.append(f"{self.name}: {type(error).__name__}: {error}")

    def _live(self) -> None:
        run: Run | None = None
        while self._may_launch():
            # What was copied is re-executed, so that it could be changed.
            run = self._reexecute(run.id) if run is not None and self._random.random() < 0.6 else self._launch()
            if run is None:
                continue
            if self._random.random() < 0.15:
                time.sleep(self._random.uniform(0.0, 2.0))
                self._cancel(run.id)
            self._copy(self._end_of(run.id))

    def _launch(self) -> Run | None:
        key = self._key()
        tags = {"dalsegno/max_retries": "2"} if self._random.random() < 0.3 else None
        return self._launched(key, None, lambda: self._client.launch_run(PIPELINE, tags=tags, idempotency_key=key))

    def _reexecute(self, parent_id: str) -> Run | None:
        key = self._key()
        strategy, selection = self._random.choice(_STRATEGIES)
        plan: Plan | None = None
        if self._random.random() < 0.5:
            plan = self._answered(
                lambda: self._client.plan_reexecution(parent_id, strategy=strategy, selection=selection)
            )
            if plan is None:
                return None
        plan_id = None if plan is None else plan.id

        def launch() -> Run:
            return self._client.launch_reexecution(
                parent_id, strategy=strategy, selection=selection, idempotency_key=key, plan_id=plan_id
            )

        return self._launched(key, plan, launch)

    def _launched(self, key: str, plan: Plan | None, launch: Callable[[], Run]) -> Run | None:
        run = self._answered(launch)
        # Who has lost the answer asks again; so may who has it.
        answers = [run]
        if run is not None and self._random.random() < 0.2:
            self._notes.repeated += 1
            answers.append(self._answered(launch))
            if answers[1] is None:
                self._notes.failures.append(f"{self.name}: key {key!r} has launched run {run.id}, and was refused then")
        for one in answers:
            if one is not None:
                self._notes.answers.append(
                    Answer(at=time.time(), run_id=one.id, client=self.name, key=key, previewed=plan)
                )
        return run

    def _answered(self, ask: Callable[[], T]) -> T | None:
        """None: it was refused."""
        while True:
            try:
                return ask()
            except ServiceError:
                self._notes.unanswered += 1
                time.sleep(_REST_SECONDS)
            except DalsegnoError as error:
                self._notes.refused.append(f"{type(error).__name__}: {error}")
                return None

    def _cancel(self, run_id: str) -> None:
        if self._answered(lambda: self._client.cancel_run(run_id)) is not None:
            self._notes.cancels.append(run_id)

    def _end_of(self, run_id: str) -> Run:
        while True:
            run = self._answered(lambda: self._client.run(run_id))
            assert isinstance(run, Run), f"run {run_id} was answered, and is not there"
            if run.ended_at is not None:
                return run
            time.sleep(_REST_SECONDS)

    def _copy(self, run: Run) -> None:
        rows = self._reader.rows_of_run(run.id)
        files = {uri: digest_of(uri) for uri in uris_of(rows)}
        self._notes.copies.append(Copy(at=time.time(), run_id=run.id, rows=rows, files=files))

    def _key(self) -> str:
        self._keys += 1
        return f"{self.name}, {self._keys}"


def uris_of(rows: Rows) -> list[str]:
    """Where a run's outputs lie."""
    return [one["uri"] for one in rows["outputs"]]


def digest_of(uri: str) -> str:
    """Of the bytes as they lie there now; empty where there are none."""
    try:
        return "sha256:" + hashlib.sha256(Path(uri.removeprefix("file://")).read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""
