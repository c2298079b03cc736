"""Why runs wait that no worker has taken yet, for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dalsegno.runs.run import Run
from dalsegno.runs.status import RunStatus
from dalsegno.settings import TagLimit
from dalsegno.store.script import Script
from dalsegno.store.tag_limits import full_limits
from dalsegno.store.workers import served_snapshot_ids


def why_queued(runs: Iterable[Run], limits: Sequence[TagLimit]) -> Script[dict[str, str]]:
    """By run id, of those of the runs that are queued: a sentence that says what each waits for."""
    queued = [run for run in runs if run.status is RunStatus.QUEUED]
    if not queued:
        return {}
    full = yield from full_limits(limits)
    served = yield from served_snapshot_ids()
    reasons: dict[str, str] = {}
    for run in queued:
        limit = full.holding_back(run.tags)
        if limit is not None:
            reasons[run.run_id] = f"Held back by the limit {limit}: {_sentence(limit)}"
        elif run.snapshot_id not in served:
            reasons[run.run_id] = "No live worker has its code; it waits until one does: dalsegno worker -f FILE."
        else:
            reasons[run.run_id] = "It waits for its turn: a worker takes it as soon as it has room."
    return reasons


def _sentence(limit: TagLimit) -> str:
    if limit.most == 0:
        return f"no run with the tag {limit.key} may begin."
    each = " of the same value" if limit.by_value else ""
    tag = limit.key if limit.value is None else f"{limit.key}={limit.value}"
    runs = "1 run goes" if limit.most == 1 else f"{limit.most} runs go"
    return f"{runs} on with the tag {tag}{each}. It begins when one of them has ended."
