"""A run as people read it: what it was, how each step ended, what failed, what came of its group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from dalsegno.plan.plan import Action, Plan, PlannedStep
from dalsegno.runs.attempts import ErrorInfo, StepState
from dalsegno.runs.events import LogLevel, RunEvent
from dalsegno.runs.run import Run
from dalsegno.runs.status import StepStatus
from dalsegno.terminal.runs_view import print_runs_tree
from dalsegno.terminal.tables import Column, RunNames, print_table, status_cell
from dalsegno.terminal.words import count, duration, moment, run_strategy

_STEP_COLUMNS = (
    Column("STEP", leading=True),
    Column("STATUS", rigid=True),
    Column("TRIES", rigid=True, right=True),
    Column("TOOK", rigid=True, right=True),
    Column("WHY"),
    Column("FROM"),
)
_EVENT_COLUMNS = (
    Column("NO", rigid=True, right=True),
    Column("TIME", rigid=True),
    Column("LEVEL", rigid=True),
    Column("STEP"),
    Column("WHAT"),
)
_EVENT_STYLES = {
    LogLevel.WARNING: "yellow",
    LogLevel.ERROR: "red",
    LogLevel.CRITICAL: "bold red",
    LogLevel.DEBUG: "dim",
}
# A summary at a run's end names at most so many steps; `show` names all.
_SUMMARY_STEPS = 40
# So many stale steps are named.
_STALE_NAMED = 10
# An error in one line is cut beyond; its traceback tells the rest.
_LONGEST_ERROR = 120


def print_run(
    console: Console,
    run: Run,
    group: Sequence[Run],
    plan: Plan,
    states: Mapping[str, StepState],
    stale: Sequence[str] = (),
    waits: str = "",
) -> None:
    """Print the run, its steps, what failed, the group it stands in, and what of the group is stale now.

    `waits` says what a queued run waits for.
    """
    print_header(console, run, waits)
    console.print()
    print_steps(console, plan, states)
    print_failures(console, run, states)
    if len(group) > 1:
        console.print()
        console.print(Text(f"Run group ({count(len(group), 'run')})", style="bold"))
        print_runs_tree(console, [group], marked=run.run_id)
    if stale:
        named = ", ".join(stale[:_STALE_NAMED]) + (
            f" and {len(stale) - _STALE_NAMED} more" if len(stale) > _STALE_NAMED else ""
        )
        console.print()
        console.print(Text(f"Stale now, for what they were made from was replaced since: {named}", style="yellow"))


def print_summary(console: Console, run: Run, plan: Plan, states: Mapping[str, StepState]) -> None:
    """Print how a run that has just ended here went."""
    print_header(console, run)
    console.print()
    shown = plan.steps
    if len(shown) > _SUMMARY_STEPS:
        unwell = [key for key in plan.executed if key in states and not states[key].status.ended_well]
        states = {key: states[key] for key in unwell[:_SUMMARY_STEPS]}
        left_out = len(shown) - len(states)
        if states:
            print_steps(console, plan, states)
        console.print(Text(f"and {count(left_out, 'other step')}; `dalsegno show {run.run_id}` lists all", style="dim"))
    else:
        print_steps(console, plan, states)
    print_failures(console, run, states)


def print_header(console: Console, run: Run, waits: str = "") -> None:
    """Print what the run is and how it stands."""
    title = Text(f"Run {run.run_id}", style="bold")
    console.print(title)
    took = f" in {duration(run.duration_ms)}" if run.duration_ms is not None else ""
    facts: list[tuple[str, str | Text]] = [
        ("pipeline", run.pipeline_name + (f", mode {run.mode}" if run.mode != "default" else "")),
        ("status", status_cell(console, run.status).append(took, style="default")),
        ("waits", waits),
        ("strategy", run_strategy(run)),
        ("parent", run.parent_run_id or ""),
        ("started", moment(run.started_at or run.created_at)),
        ("by", run.launched_by or ""),
        ("reason", run.reason or ""),
        ("tags", ", ".join(f"{key}={value}" for key, value in run.tags.items())),
        ("code", run.code_location or ""),
    ]
    for word, fact in facts:
        if fact:
            console.print(Text(f"  {word:<9}").append(fact))


def print_steps(console: Console, plan: Plan, states: Mapping[str, StepState]) -> None:
    """Print a row for each step that has a state, in the plan's order."""
    names = RunNames(console, [step.reused_from_run_id for step in plan.steps if step.reused_from_run_id])
    rows = []
    for step in plan.steps:
        state = states.get(step.step_key)
        if state is None:
            continue
        # What a reused step took, it took in another run.
        ran_here = state.status is not StepStatus.REUSED
        rows.append(
            (
                step.step_key,
                status_cell(console, state.status),
                str(len(state.attempts)) if ran_here and len(state.attempts) > 1 else "",
                duration(state.duration_ms) if ran_here else "",
                names.within(_why(state, step, is_first_run=plan.parent_run_id is None)),
                names[step.reused_from_run_id] if step.reused_from_run_id else "",
            )
        )
    print_table(console, _STEP_COLUMNS, rows)


def print_failures(console: Console, run: Run, states: Mapping[str, StepState]) -> None:
    """Print the error of each failed step in full, then that of the run as a whole."""
    for key, state in states.items():
        if state.status is StepStatus.FAILURE and state.error is not None:
            tries = f" after {len(state.attempts)} attempts" if len(state.attempts) > 1 else ""
            _print_error(console, f"Step {key} failed{tries}", state.error)
    if run.error is not None:
        _print_error(console, "The run failed", run.error)


def print_events(console: Console, events: Sequence[RunEvent]) -> None:
    """Print what happened, in its order."""
    print_table(
        console,
        _EVENT_COLUMNS,
        [
            (
                str(event.number),
                moment(event.timestamp),
                Text(event.level.value.lower(), style=_EVENT_STYLES.get(event.level, "")),
                event.step_key or "",
                event.message,
            )
            for event in events
        ],
    )


def _why(state: StepState, step: PlannedStep, *, is_first_run: bool) -> str:
    match state.status:
        case StepStatus.FAILURE if state.error is not None:
            return _one_line(state.error)
        case StepStatus.BLOCKED:
            return f"blocked by {', '.join(state.cause_step_keys)}"
        case StepStatus.SKIPPED if state.note:
            return f"{state.note} was not made"
        case StepStatus.REUSED:
            took = f", took {duration(state.duration_ms)}" if state.started_at else ""
            return f"{step.reason}{took}{' (stale)' if step.is_stale else ''}"
        case StepStatus.OMITTED if step.action is Action.EXECUTE:
            return "not reached when the run ended"
        case StepStatus.OMITTED:
            return step.reason
        case _:
            # That a first run executes what was asked for needs no word.
            return "" if is_first_run else step.reason


def _one_line(error: ErrorInfo) -> str:
    lines = error.message.strip().splitlines()
    if not lines:
        return error.class_name
    line = f"{error.class_name}: {lines[0]}"
    return line if len(line) <= _LONGEST_ERROR else f"{line[: _LONGEST_ERROR - 1]}…"


def _print_error(console: Console, heading: str, error: ErrorInfo) -> None:
    console.print()
    console.print(Text(f"{heading}: {_one_line(error)}", style="bold red"))
    shown: ErrorInfo | None = error
    while shown is not None:
        body = (shown.traceback or f"{shown.class_name}: {shown.message}").rstrip()
        # Long lines are left whole, so that they can be copied.
        console.print("\n".join(f"  {line}".rstrip() for line in body.splitlines()), soft_wrap=True)
        shown = shown.cause
        if shown is not None:
            console.print("  caused by")
