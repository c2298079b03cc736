"""What a run has left undone of its group's scope, once it has ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from dalsegno.plan.plan import Plan, RestOfMap
from dalsegno.runs.attempts import StepState
from dalsegno.snapshot.step_keys import ANY_KEY


def all_is_settled(plan: Plan, rows: Collection[str], states: Mapping[str, StepState]) -> bool:
    """Every step of the scope is settled: those that the run was to execute, by the rows it has now, and the rest."""
    own = all(key in states and states[key].status.ended_well for key in rows)
    return own and plan.rest_is_settled and all(_is_settled(one, states) for one in plan.rest_of_maps)


def _is_settled(rest: RestOfMap, states: Mapping[str, StepState]) -> bool:
    generator = states.get(rest.over.step_key)
    keys = None if generator is None else generator.expansions.get(rest.over.output_name)
    return rest.settled_keys.issuperset(keys or (ANY_KEY,))
