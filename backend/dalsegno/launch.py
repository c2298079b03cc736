"""From a request to a run: planned on the stored lineage, its sources checked, ready to be stored.

1. The mode and config: the parent's unless given; checked against the snapshot's schema, defaults filled in.
2. The outputs that its steps would load are looked at, all at once.
3. The plan, by the pure planner, which knows what can't be loaded and refuses with all of it.
4. The run's record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol

import msgspec

from dalsegno.errors import (
    ConfigProblem,
    InvalidRunConfigError,
    ReexecutionNotAllowedError,
    StalePlanError,
)
from dalsegno.output_storage import StoredOutput
from dalsegno.plan.changes import Changes
from dalsegno.plan.first_plan import plan_first_run
from dalsegno.plan.plan import InputSource, Plan, PlanWarning, PlanWarningKind
from dalsegno.plan.reexecution import ReexecutionRequest, outputs_to_load, plan_reexecution
from dalsegno.plan.selection import normalise_texts
from dalsegno.plan.staleness import stale_now
from dalsegno.run_id import new_run_id
from dalsegno.runs.automatic_retry import RETRY_NUMBER_TAG, check_retry_tags
from dalsegno.runs.bulk import BULK_TAG
from dalsegno.runs.effective_steps import EffectiveSteps, effective_steps
from dalsegno.runs.lineage import Lineage
from dalsegno.runs.priority import check_priority
from dalsegno.runs.run import Run
from dalsegno.runs.status import ReexecutionStrategy, RunStatus
from dalsegno.snapshot.config_schema import check_run_config
from dalsegno.snapshot.pipeline_snapshot import PipelineSnapshot


class LaunchOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller gives to a launch; None means the default, for a re-execution the parent's."""

    mode: str | None = None
    run_config: Mapping[str, Any] | None = None
    tags: Mapping[str, str] | None = None
    selection: tuple[str, ...] | None = None
    strategy: ReexecutionStrategy | None = None
    reason: str | None = None
    launched_by: str | None = None
    code_location: str | None = None


# Tags that tell how a run came about, which is not so of the runs that re-execute it.
_OF_ONE_RUN = frozenset({BULK_TAG, RETRY_NUMBER_TAG})


class Outputs(Protocol):
    """Where stored outputs can be looked at."""

    def problems(self, wanted: Iterable[StoredOutput], *, verify: bool) -> Mapping[str, str]:
        """Address -> what is wrong, of those that can't be loaded; `verify` reads them and compares digests."""


def plan_launch(snapshot: PipelineSnapshot, options: LaunchOptions) -> Plan:
    """The plan of a first run. Raises InvalidRunConfigError, InvalidSelectionError, MissingOutputsError."""
    mode = _mode(snapshot, options.mode)
    run_config = check_run_config(snapshot, mode, options.run_config or {}, executed=())
    plan = plan_first_run(snapshot, mode=mode, run_config=run_config, selection=options.selection)
    check_run_config(snapshot, mode, run_config, executed=plan.executed)
    return plan


def plan_relaunch(
    snapshot: PipelineSnapshot,
    lineage: Lineage,
    options: LaunchOptions,
    outputs: Outputs,
    *,
    verify: bool,
    active_run_ids: Iterable[str] = (),
) -> Plan:
    """The plan of a re-execution of the lineage's nearest run.

    With `verify`, stored bytes are compared with their digests, not only looked for. Raises
    ReexecutionNotAllowedError, InvalidSelectionError, InvalidRunConfigError, MissingOutputsError.
    """
    parent = lineage.nearest
    strategy = strategy_of(options)
    if not parent.status.has_ended:
        raise ReexecutionNotAllowedError(
            strategy=strategy,
            why=(
                f"Run {parent.run_id} has not ended yet ({parent.status}). "
                "Wait for its end, or cancel it, and try again."
            ),
        )
    if parent.pipeline_name != snapshot.name:
        raise ReexecutionNotAllowedError(
            strategy=strategy,
            why=(
                f"Run {parent.run_id} is one of pipeline {parent.pipeline_name!r}; re-execute it with that pipeline, "
                f"not with {snapshot.name!r}."
            ),
        )
    mode = _mode(snapshot, options.mode or parent.mode)
    given = _inherited(parent.run_config, snapshot, mode) if options.run_config is None else options.run_config
    request = ReexecutionRequest(
        strategy=strategy,
        mode=mode,
        run_config=check_run_config(snapshot, mode, given, executed=()),
        selection=options.selection,
    )
    gone = outputs.problems(_stored(outputs_to_load(snapshot, lineage, request)), verify=verify)
    plan = plan_reexecution(snapshot, lineage, request, gone)
    check_run_config(snapshot, mode, request.run_config, executed=plan.executed)
    return _with_active_siblings(plan, tuple(active_run_ids))


def changes_for(effective: EffectiveSteps, lineage: Lineage) -> Changes:
    """What has changed for a re-execution of the lineage's nearest run that is given no mode and no config.

    Where the run's config does not fit the pipeline as it is now, it is compared as it is. Raises InvalidRunConfigError
    where the pipeline does not have its mode any more.
    """
    snapshot, parent = effective.rows.snapshot, lineage.nearest
    mode = _mode(snapshot, parent.mode)
    given = _inherited(parent.run_config, snapshot, mode)
    with suppress(InvalidRunConfigError):
        given = check_run_config(snapshot, mode, given, executed=())
    return Changes(effective, lineage, mode=mode, run_config=given)


def stale_in(lineage: Lineage, snapshots: Iterable[PipelineSnapshot]) -> tuple[str, ...]:
    """The settled steps whose effective output is stale, in topological order.

    Judged on the first of the snapshots that has the mode of the lineage's nearest run; where none has, nothing is.
    """
    for snapshot in snapshots:
        with suppress(InvalidRunConfigError):
            return stale_now(changes_for(effective_steps(lineage, snapshot), lineage))
    return ()


def strategy_of(options: LaunchOptions) -> ReexecutionStrategy:
    """The strategy given, else the one that the selection, or its absence, means."""
    if options.strategy is not None:
        return options.strategy
    return ReexecutionStrategy.ALL_STEPS if options.selection is None else ReexecutionStrategy.SELECTED_STEPS


def refuse_stale(plan: Plan, previewed_id: str | None) -> None:
    """Raise StalePlanError where a preview was given that is no longer what would run."""
    if previewed_id is not None and previewed_id != plan.id:
        raise StalePlanError(plan_id=previewed_id, plan=plan)


def new_run(plan: Plan, options: LaunchOptions, parent: Run | None = None) -> Run:
    """The record of the run that executes `plan`; queued, not stored yet.

    Raises InvalidTagError where a tag that is given means something to Dalsegno itself, and can't be used.
    """
    check_retry_tags(options.tags or {})
    check_priority(options.tags or {})
    run_id = new_run_id()
    return Run(
        run_id=run_id,
        pipeline_name=plan.pipeline_name,
        snapshot_id=plan.snapshot_id,
        mode=plan.mode,
        run_config=plan.run_config,
        tags={**(_tags_to_inherit(parent) if parent else {}), **(options.tags or {})},
        status=RunStatus.QUEUED,
        created_at=datetime.now(UTC),
        step_keys_to_execute=plan.step_keys_to_execute,
        launched_by=options.launched_by,
        reason=options.reason,
        parent_run_id=parent.run_id if parent else None,
        root_run_id=parent.root_run_id if parent else run_id,
        strategy=plan.strategy,
        selection=None if options.selection is None else normalise_texts(options.selection),
        rest_is_settled=plan.rest_is_settled,
        code_location=options.code_location,
    )


def arguments_digest(subject: str, options: LaunchOptions) -> str:
    """Hash of what a launch was asked for, without its reason; for idempotency keys.

    `subject` is the pipeline's name, or the parent run's id.
    """
    asked = (subject, options.mode, options.run_config, options.tags, options.selection, strategy_of(options))
    return hashlib.sha256(msgspec.json.encode(asked, order="deterministic")).hexdigest()


def _mode(snapshot: PipelineSnapshot, name: str | None) -> str:
    names = [mode.name for mode in snapshot.modes]
    if name is None and len(names) == 1:
        return names[0]
    if name in names and name is not None:
        return name
    listed = ", ".join(map(repr, names))
    message = f"choose one of its modes: {listed}" if name is None else f"no mode is named {name!r}; there is {listed}"
    raise InvalidRunConfigError(problems=(ConfigProblem(path="", message=f"pipeline {snapshot.name!r}: {message}"),))


def _inherited(run_config: Mapping[str, Any], snapshot: PipelineSnapshot, mode: str) -> dict[str, Any]:
    """The parent's config, without what was for steps and resources that the pipeline no longer has."""
    present = {"steps": snapshot.by_key.keys(), "resources": {one.key for one in snapshot.mode(mode).resources}}
    return {
        section: {key: value for key, value in entries.items() if key in present[section]}
        for section, entries in run_config.items()
        if section in present
    }


def _tags_to_inherit(parent: Run) -> dict[str, str]:
    return {key: value for key, value in parent.tags.items() if key not in _OF_ONE_RUN}


def _stored(sources: Iterable[InputSource]) -> list[StoredOutput]:
    return [StoredOutput(uri=one.uri, digest=one.digest, size_bytes=one.size_bytes) for one in sources]


def _with_active_siblings(plan: Plan, active_run_ids: tuple[str, ...]) -> Plan:
    if not active_run_ids:
        return plan
    warnings = tuple(
        PlanWarning(
            kind=PlanWarningKind.ACTIVE_SIBLING,
            message=f"Run {run_id} of the same group has not ended yet; neither will see what the other makes.",
        )
        for run_id in active_run_ids
    )
    return msgspec.structs.replace(plan, warnings=plan.warnings + warnings)
