"""What clauses by attribute ask: the scope, the steps' tags, and what became of them in the lineage of a parent run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec

from dalsegno.plan.changes import Changes
from dalsegno.plan.staleness import stale_now
from dalsegno.runs.effective_steps import EffectiveSteps
from dalsegno.runs.status import StepStatus
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot


class SelectionContext(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a pipeline's rows beside their graph."""

    # The keys that can be picked; None: all.
    scope: Collection[str] | None = None
    # By the steps of the definition: an element has those of its step.
    tags: Mapping[str, Mapping[str, str]] = {}
    # The effective states in the lineage of the parent run, of rows that were planned there; None: no parent run.
    statuses: Mapping[str, StepStatus] | None = None
    # What `is:changed` and `is:stale` pick, worked out when asked for; None: not known here.
    changed: Callable[[], Collection[str]] | None = None
    stale: Callable[[], Collection[str]] | None = None


def context_of_pipeline(snapshot: PipelineSnapshot) -> SelectionContext:
    """For a first run: there is no parent run, and every step is in scope."""
    return SelectionContext(tags=snapshot.tags_by_key)


def context_of_lineage(effective: EffectiveSteps, scope: Iterable[str], changes: Changes | None) -> SelectionContext:
    """For a re-execution of the run in whose lineage these steps count, within the group's scope.

    `changes` are those of its launch; None where they can't be told.
    """
    return SelectionContext(
        scope=frozenset(scope),
        tags=effective.rows.snapshot.tags_by_key,
        statuses={key: step.status for key, step in effective.by_key.items()},
        changed=changes.keys if changes is not None else None,
        stale=(lambda: stale_now(changes)) if changes is not None else None,
    )
