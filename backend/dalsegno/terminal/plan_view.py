"""A plan as people read it: what each step does, why, from where, with totals."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from dalsegno.plan.plan import Action, Plan, PlannedInput, PlannedStep
from dalsegno.terminal.tables import Column, RunNames, action_cell, is_drawn, print_table
from dalsegno.terminal.words import count, duration, strategy_words

_COLUMNS = (
    Column("STEP", leading=True),
    Column("ACTION", rigid=True),
    Column("TAKES", rigid=True, right=True, spare=True),
    Column("WHY"),
    Column("FROM"),
)
# A fan-in of more outputs than this is told by their number.
_MAX_SOURCES = 4


def print_plan(console: Console, plan: Plan) -> None:
    """Print the whole plan; nothing in it has been started."""
    names = RunNames(console, _run_ids(plan))
    parent = f" of run {names[plan.parent_run_id]}" if plan.parent_run_id else ""
    console.print(Text(f"Plan: {plan.pipeline_name}, {strategy_words(plan.strategy)}{parent}", style="bold"))
    console.print()
    print_table(
        console,
        _COLUMNS,
        [
            (
                step.step_key,
                action_cell(step.action),
                duration(step.estimated_duration_ms) if step.action is Action.EXECUTE else "",
                _why(step, names),
                _sources(step, names, drawn=is_drawn(console)),
            )
            for step in plan.steps
        ],
    )
    console.print()
    console.print(Text(totals(plan)))
    console.print(Text("Missing outputs: none; every input of a step to execute has its source."))
    _print_warnings(console, plan)
    console.print(Text(f"Plan id: {plan.id}"))


def print_announcement(console: Console, plan: Plan) -> None:
    """Say in a line what is about to be executed again, with the plan's warnings."""
    parent = RunNames(console, _run_ids(plan))[plan.parent_run_id or ""]
    console.print(Text(f"Re-executing run {parent}, {strategy_words(plan.strategy)}: {totals(plan)}"))
    _print_warnings(console, plan)


def _print_warnings(console: Console, plan: Plan) -> None:
    for warning in plan.warnings:
        mend = f" Add {', '.join(warning.step_keys_to_add)} to the selection." if warning.step_keys_to_add else ""
        step = f"{warning.step_key}: " if warning.step_key else ""
        console.print(Text(f"Warning: {step}{warning.message}{mend}", style="yellow"))


def totals(plan: Plan) -> str:
    """`2 steps to execute (about 3 s), 1 reused (saves 12 s), 0 omitted.`"""
    actions = [step.action for step in plan.steps]
    reused = actions.count(Action.REUSE)
    saved = f" (saves {duration(plan.time_saved_ms)})" if reused else ""
    execute = count(actions.count(Action.EXECUTE), "step")
    takes = f" (about {duration(plan.estimated_duration_ms)})" if plan.estimated_duration_ms is not None else ""
    return f"{execute} to execute{takes}, {reused:,} reused{saved}, {actions.count(Action.OMIT):,} omitted."


def _run_ids(plan: Plan) -> Iterator[str]:
    if plan.parent_run_id:
        yield plan.parent_run_id
    for step in plan.steps:
        if step.reused_from_run_id:
            yield step.reused_from_run_id
        yield from (source.run_id for one in step.inputs for source in one.sources if source.run_id)


def _why(step: PlannedStep, names: RunNames) -> str:
    reason = names.within(step.reason)
    return f"{reason} (stale)" if step.is_stale else reason


def _sources(step: PlannedStep, names: RunNames, *, drawn: bool) -> str:
    if step.action is Action.REUSE:
        return names[step.reused_from_run_id] if step.reused_from_run_id else ""
    arrow = "←" if drawn else "<-"
    return "\n".join(f"{one.name} {arrow} {_source(one, names)}" for one in step.inputs if not one.is_order_only)


def _source(one: PlannedInput, names: RunNames) -> str:
    if not one.sources:
        return f"no value: {one.absent[0]} was not made" if one.absent else "config or default"
    if len(one.sources) > _MAX_SOURCES:
        runs = {source.run_id for source in one.sources}
        where = "this run" if runs == {None} else count(len(runs), "run")
        return f"{count(len(one.sources), 'output')} of {where}"
    texts = []
    for source in one.sources:
        output = "" if source.output_name == "result" else f".{source.output_name}"
        texts.append(f"{source.step_key}{output} ({names[source.run_id] if source.run_id else 'this run'})")
    return ", ".join(texts)
