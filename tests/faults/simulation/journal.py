"""What is written down beside the database: what clients were told, what step bodies saw, what was broken."""

from __future__ import annotations

from typing import Any

import msgspec

from dalsegno.plan.plan import Plan

Value = tuple[str, str, str, int]


class _Entry(msgspec.Struct, frozen=True, kw_only=True, tag=True, omit_defaults=True):
    # In virtual seconds.
    at: float


class Answered(_Entry, frozen=True, kw_only=True):
    """A client was told that its run is launched."""

    run_id: str
    client: str
    # That it was shown before, and whose id it gave.
    previewed: Plan | None = None
    idempotency_key: str | None = None


class Refused(_Entry, frozen=True, kw_only=True):
    """A client was told no, or nothing at all."""

    client: str
    asked: str
    error: str


class CancelAnswered(_Entry, frozen=True, kw_only=True):
    """A client was told that the run will be cancelled."""

    run_id: str
    client: str


class Entered(_Entry, frozen=True, kw_only=True):
    """A step's body was entered, with these inputs."""

    run_id: str
    step_key: str
    number: int
    token: str
    # The virtual process of its worker, or of its script.
    holder: str
    # By input: the values, each as its maker made it.
    inputs: dict[str, tuple[Value, ...]]


class Made(_Entry, frozen=True, kw_only=True):
    """A step's body has made this value; all its outputs are that."""

    value: Value


class Stored(_Entry, frozen=True, kw_only=True):
    """An output is in the storage, whole."""

    uri: str
    digest: str


class Damaged(_Entry, frozen=True, kw_only=True):
    """Somebody has damaged, or deleted, a stored output."""

    uri: str
    is_deleted: bool


class Written(_Entry, frozen=True, kw_only=True):
    """A statement of a run's holder was carried out, and committed."""

    run_id: str
    holder: str
    token: str
    # The token that the run had at that moment.
    token_of_run: str | None


class RunStands(_Entry, frozen=True, kw_only=True):
    """A transaction that has changed a run was committed: how it stands."""

    run_id: str
    status: str
    last_event_number: int
    cancel_is_stored: bool
    has_ended: bool
    holder: str | None


class Ended(_Entry, frozen=True, kw_only=True):
    """A run has ended just now; all rows that are kept of it."""

    run_id: str
    rows: Any


class Fault(_Entry, frozen=True, kw_only=True):
    """Something was broken."""

    kind: str
    process: str
    point: str
    # For how long, in seconds.
    seconds: float = 0.0


class Unexpected(_Entry, frozen=True, kw_only=True):
    """A thread has died of an error that nobody has caught."""

    process: str
    thread: str
    error: str


Entry = (
    Answered
    | Refused
    | CancelAnswered
    | Entered
    | Made
    | Stored
    | Damaged
    | Written
    | RunStands
    | Ended
    | Fault
    | Unexpected
)
