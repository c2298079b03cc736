"""Re-executing a run of a service from the command line: planned, launched and followed to its end."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from dalsegno.client import Client, Plan, Run
from dalsegno.command_input import Launch
from dalsegno.command_output import INTERRUPTED, SUCCESS, RunOutput
from dalsegno.errors import ReexecutionNotAllowedError, RunNotFoundError
from dalsegno.instance import NEWEST
from dalsegno.launch import LaunchOptions, refuse_stale
from dalsegno.remote.records import plan_of, run_of, states_of
from dalsegno.runs.events import event_recorded
from dalsegno.runs.status import ReexecutionStrategy
from dalsegno.runs.step_states import StepStates
from dalsegno.terminal.progress import progress_shown

# Among so many of the newest runs one is looked for by the beginning of its id.
_RUNS_LOOKED_AT = 200


def reexecute_at(
    client: Client,
    run_id: str,
    options: LaunchOptions,
    launch: Launch,
    output: RunOutput,
) -> int:
    """Launch a re-execution and follow it to its end, or show its plan; the command's exit code.

    Without a strategy it is the cheapest that can finish the job. Raises what `Client` raises.
    """
    parent = _resolved(client, run_id)
    options, plan = _planned(client, parent, options)
    shown = plan_of(plan, parent)
    if launch.dry_run:
        refuse_stale(shown, launch.plan_id)
        output.show_plan(shown)
        return SUCCESS
    run = client.launch_reexecution(
        parent.id,
        **_asked(options),
        tags=options.tags,
        reason=options.reason,
        idempotency_key=launch.idempotency_key,
        plan_id=launch.plan_id,
    )
    output.announce(shown)
    return _followed(client, run, parent, output)


def _followed(client: Client, run: Run, parent: Run, output: RunOutput) -> int:
    states = StepStates()
    try:
        with progress_shown(output.console, run.pipeline_name, run.step_keys_to_execute) as observe:
            for told in client.follow(run.id):
                event = event_recorded(told.kind, told.step_key, told.attempt, told.data)
                # A newer service may tell of what this version does not know.
                if event is not None:
                    states.apply(told.timestamp, event)
                    observe(told.timestamp, event)
    except KeyboardInterrupt:
        output.console.print(f"Run {run.id} goes on; this was only its display.")
        return INTERRUPTED
    ended, plan = client.run(run.id), client.plan(run.id)
    assert plan is not None  # every re-execution has one
    return output.tell_end(run_of(ended), plan_of(plan, parent), states_of(client.step_stats(run.id), states.by_key))


def _planned(client: Client, parent: Run, options: LaunchOptions) -> tuple[LaunchOptions, Plan]:
    if options.strategy is not None:
        return options, client.plan_reexecution(parent.id, **_asked(options))
    try:
        from_failure = replace(options, strategy=ReexecutionStrategy.FROM_FAILURE)
        return from_failure, client.plan_reexecution(parent.id, **_asked(from_failure))
    except ReexecutionNotAllowedError:
        all_steps = replace(options, strategy=ReexecutionStrategy.ALL_STEPS)
        return all_steps, client.plan_reexecution(parent.id, **_asked(all_steps))


def _resolved(client: Client, text: str) -> Run:
    """The run that a person means: by a whole id, its unique beginning, or "last". Raises RunNotFoundError."""
    if text != NEWEST:
        try:
            return client.run(text)
        except RunNotFoundError:
            found = [run for run in client.runs(limit=_RUNS_LOOKED_AT) if run.id.startswith(text)]
    else:
        found = client.runs(limit=1)
    if len(found) != 1:
        raise RunNotFoundError(run_id=text, candidates=tuple(run.id for run in found))
    return found[0]


def _asked(options: LaunchOptions) -> dict[str, Any]:
    """What decides the plan, as the client takes it."""
    return {
        "strategy": options.strategy,
        "selection": options.selection,
        "mode": options.mode,
        "run_config": options.run_config,
    }
