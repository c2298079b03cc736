"""Whether two plans do the same: the same steps, on the same inputs."""

from __future__ import annotations

from dalsegno.plan.plan import Plan


def difference_in_work(before: Plan, after: Plan) -> str | None:
    """The first difference in what they execute, and on what, for people; None where there is none.

    Snapshots, reasons, warnings and estimates do not count.
    """
    gone = [key for key in before.executed if key not in after.executed]
    if gone:
        return f"it would not execute {_named(gone)}"
    added = [key for key in after.executed if key not in before.executed]
    if added:
        return f"it would execute {_named(added)} besides"
    for key, step in before.executed.items():
        if step.inputs != after.executed[key].inputs:
            return f"step {key!r} would have other inputs, or load them from elsewhere"
    return None


def _named(keys: list[str]) -> str:
    shown = ", ".join(map(repr, keys[:3]))
    return f"{'step' if len(keys) == 1 else 'steps'} {shown}" + (f" and {len(keys) - 3} more" if len(keys) > 3 else "")
