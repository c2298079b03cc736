"""The states, strategies and reasons of the records, as GraphQL enums with a meaning for each value."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import strawberry

from dalsegno.plan.plan import Action, PlanReason, PlanWarningKind
from dalsegno.runs.bulk import BulkAction
from dalsegno.runs.events import LogLevel
from dalsegno.runs.status import ReexecutionStrategy, RunStatus, StepStatus


def _show(kind: type[StrEnum], description: str, meanings: Mapping[str, str], *, name: str | None = None) -> None:
    shown: Any = strawberry.enum(kind, name=name, description=description)
    for value in shown.__strawberry_definition__.values:
        value.description = meanings.get(value.name)


_show(
    RunStatus,
    "Where a run stands.",
    {
        "QUEUED": "Waits for a worker.",
        "STARTING": "Claimed by a worker; its steps' resources are being made.",
        "SUCCESS": "Every step that ran ended well.",
        "FAILURE": "A step failed, or the run as a whole did.",
        "CANCELING": "To be cancelled; its running steps are being interrupted.",
    },
)
_show(
    StepStatus,
    "Where a step stands in one run.",
    {
        "PENDING": "Will run, not yet begun.",
        "RETRYING": "Failed, waiting for its next attempt.",
        "SKIPPED": "Not run, because an optional output upstream was not produced.",
        "BLOCKED": "Not run, because a step upstream failed.",
        "LOST": "Of an attempt: its worker or lease was lost; it is tried again.",
        "REUSED": "Not run in this run: an earlier run of the lineage stands in for it.",
        "OMITTED": "Not run in this run, and nothing stands in for it.",
    },
)
_show(
    ReexecutionStrategy,
    "Which steps a re-execution executes, within the group's scope.",
    {
        "ALL_STEPS": "Every step.",
        "SELECTED_STEPS": "Exactly the steps that the selection picks.",
        "FROM_SELECTED": "The selection's steps and every step downstream of them.",
        "FROM_FAILURE": (
            "Every step of the group's scope that is not settled in the parent's lineage (failed, cancelled, "
            "interrupted, blocked, never run) and every step downstream.\n"
            "Refused where all are settled, whatever the run's own status."
        ),
        "FROM_CHANGED": (
            "Every step whose code, config or upstream data changed since its output was stored, and every step "
            "downstream of them."
        ),
    },
)
_show(
    Action,
    "What a plan does with a step.",
    {
        "REUSE": "Not executed here, and it ended well in the lineage.",
        "OMIT": "Not executed here, and nothing stands in for it.",
    },
    name="StepAction",
)
_show(
    PlanReason,
    "Why a plan executes, reuses or omits a step.",
    {
        "INTERRUPTED": "It had begun when its run ended.",
        "CODE_CHANGED": "Its code is not the one that made its output.",
        "CONFIG_CHANGED": "It reads other config than when its output was made.",
        "INPUT_CHANGED": "An input would be loaded from other bytes than when its output was made.",
        "WITH_GENERATOR": "With a dynamic step's generator, all its elements.",
        "ENDED_WELL": "It succeeded in an earlier run of the lineage.",
        "WAS_SKIPPED": "It was skipped in an earlier run of the lineage.",
        "OUT_OF_SCOPE": "The group's first run did not select it.",
    },
)
_show(
    PlanWarningKind,
    "What a plan warns of; a warning stops nothing.",
    {
        "STALE": "An output would be reused that is made from something since replaced.",
        "CONFIG_CHANGED": "A step would be reused that reads other config now.",
        "CODE_CHANGED": "A step would be reused that has other code now.",
        "ORDER_ONLY_UPSTREAM_UNSETTLED": "A step is to run after one that has not ended well.",
        "ACTIVE_SIBLING": "Another run of the group has not ended yet.",
        "OLDER_SUCCESS_AFTER_FAILURE": "An output would be loaded of a step that failed after it was made.",
        "NO_WORKER": "No live worker serves the pipeline as it is now; the run waits until one does.",
    },
)
_show(LogLevel, "How much an event matters to a reader.", {})
_show(
    BulkAction,
    "What a bulk does with each of its runs.",
    {
        "REEXECUTE": "Re-executes it, as launchReexecution does.",
        "CANCEL": "Cancels it, as cancelRun does.",
    },
)
