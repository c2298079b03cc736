"""How long a plan will take: from what its steps took before, all that do not wait for each other running at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from msgspec.structs import replace

from dalsegno.plan.plan import Action, Plan
from dalsegno.snapshot.step_keys import ANY_KEY, element_key, mapping_key_of, step_name

# Estimates are medians of so many of the latest successful executions.
EXECUTIONS_LOOKED_AT = 20


def history_key(row_key: str) -> str:
    """Whose history tells how long a row will take: its own, and of a mapped step that of all elements that were."""
    return row_key if mapping_key_of(row_key) is None else element_key(step_name(row_key), ANY_KEY)


def estimated_ms(durations_ms: Sequence[float]) -> float | None:
    """How long a step will take that took so long before; None where it has never succeeded."""
    return median(durations_ms) if durations_ms else None


def longest_path_ms(plan: Plan, estimates: Mapping[str, float | None]) -> float | None:
    """When the last of the executed steps, of which these are estimates, will be done; None where one is unknown."""
    if any(one is None for one in estimates.values()):
        return None
    done: dict[str, float] = {}
    for key, step in plan.executed.items():
        before = (done.get(source.step_key, 0.0) for one in step.inputs for source in one.sources if not source.run_id)
        done[key] = (estimates.get(key) or 0.0) + max(before, default=0.0)
    return max(done.values(), default=0.0)


def with_estimates(plan: Plan, estimates: Mapping[str, float | None]) -> Plan:
    """The plan with how long each step, and the whole of it, will take."""
    steps = tuple(replace(step, estimated_duration_ms=estimates.get(step.step_key)) for step in plan.steps)
    executed = {step.step_key: step.estimated_duration_ms for step in steps if step.action is Action.EXECUTE}
    return replace(plan, steps=steps, estimated_duration_ms=longest_path_ms(plan, executed))
