"""How long a plan will take: from what its steps took before, all that do not wait for each other running at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

from msgspec.structs import replace

from dalsegno.plan.plan import Action, Plan
from dalsegno.snapshot.step_graph import StepGraph

# Estimates are medians of so many of the latest successful executions.
EXECUTIONS_LOOKED_AT = 20


def estimated_ms(durations_ms: Sequence[float]) -> float | None:
    """How long a step will take that took so long before; None where it has never succeeded."""
    return median(durations_ms) if durations_ms else None


def longest_path_ms(graph: StepGraph, estimates: Mapping[str, float | None]) -> float | None:
    """When the last of these steps will be done, in milliseconds; None where one of them is unknown."""
    if any(one is None for one in estimates.values()):
        return None
    done: dict[str, float] = {}
    for key in graph:
        own = estimates.get(key)
        if own is not None:
            done[key] = own + max((done.get(parent, 0.0) for parent in graph.upstream[key]), default=0.0)
    return max(done.values(), default=0.0)


def with_estimates(plan: Plan, graph: StepGraph, estimates: Mapping[str, float | None]) -> Plan:
    """The plan with how long each step, and the whole of it, will take."""
    steps = tuple(replace(step, estimated_duration_ms=estimates.get(step.step_key)) for step in plan.steps)
    executed = {step.step_key: step.estimated_duration_ms for step in steps if step.action is Action.EXECUTE}
    return replace(plan, steps=steps, estimated_duration_ms=longest_path_ms(graph, executed))
