"""A plan: for every step an action with its reason, and for every input the outputs it will be loaded from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Any

import msgspec

from dalsegno.runs.status import ReexecutionStrategy
from dalsegno.snapshot.pipeline_snapshot import OutputRef


class Action(StrEnum):
    """What a plan does with a step."""

    EXECUTE = "EXECUTE"
    # Not executed here, and it ended well in the lineage.
    REUSE = "REUSE"
    # Not executed here, and nothing stands in for it.
    OMIT = "OMIT"


class PlanReason(StrEnum):
    """Why a plan executes, reuses or omits a step: a closed set."""

    SELECTED = "SELECTED"
    ALL_STEPS = "ALL_STEPS"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    # It had begun when its run ended.
    INTERRUPTED = "INTERRUPTED"
    BLOCKED = "BLOCKED"
    NEVER_RUN = "NEVER_RUN"
    # It ended well, but what made its output is no longer what would make it now.
    CODE_CHANGED = "CODE_CHANGED"
    CONFIG_CHANGED = "CONFIG_CHANGED"
    INPUT_CHANGED = "INPUT_CHANGED"
    DOWNSTREAM = "DOWNSTREAM"
    # Some of its elements are to execute, and so is its generator: then all of them do.
    WITH_GENERATOR = "WITH_GENERATOR"
    ENDED_WELL = "ENDED_WELL"
    WAS_SKIPPED = "WAS_SKIPPED"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"
    NOT_SELECTED = "NOT_SELECTED"


class PlanWarningKind(StrEnum):
    """What a plan warns of."""

    STALE = "STALE"
    CONFIG_CHANGED = "CONFIG_CHANGED"
    CODE_CHANGED = "CODE_CHANGED"
    ORDER_ONLY_UPSTREAM_UNSETTLED = "ORDER_ONLY_UPSTREAM_UNSETTLED"
    ACTIVE_SIBLING = "ACTIVE_SIBLING"
    OLDER_SUCCESS_AFTER_FAILURE = "OLDER_SUCCESS_AFTER_FAILURE"
    NO_WORKER = "NO_WORKER"


class InputSource(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One output that an input will be loaded from."""

    step_key: str
    output_name: str
    # Of a dynamic output, which element; "?" for each of those that its step will give.
    mapping_key: str | None = None
    # The run of the lineage that stored it; None: the run being planned itself.
    run_id: str | None = None
    # The attempt that stored it (from 1), its address and digest; None for the run being planned.
    attempt: int | None = None
    uri: str | None = None
    digest: str | None = None
    size_bytes: int | None = None


class PlannedInput(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One input of a step that executes."""

    name: str
    # In the order of the definition. Empty: from the run config or the parameter's default.
    sources: tuple[InputSource, ...] = ()
    # Outputs it is connected to that the deciding run did not make: they skip the step, or leave a fan-in's list.
    absent: tuple[OutputRef, ...] = ()
    is_fan_in: bool = False
    # It takes the list of what all elements give; with no sources that list is empty.
    is_collect: bool = False
    is_order_only: bool = False


class PlannedStep(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a plan does with one step, and why."""

    step_key: str
    action: Action
    reason_code: PlanReason
    # The same for people, with what it refers to: "downstream of train".
    reason: str
    # Of a step that executes, in the order of the definition.
    inputs: tuple[PlannedInput, ...] = ()
    # Of a mapped step whose elements are known once its generator has run here: what it is mapped over.
    mapped_over: OutputRef | None = None
    # Of a reused step: the run whose execution stands in.
    reused_from_run_id: str | None = None
    # Of a reused step: what it was made from has been, or will be, replaced by other bytes, code or config.
    is_stale: bool = False
    # From its history, where somebody has looked at it.
    estimated_duration_ms: float | None = None


class PlanWarning(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something a person should know before launching; it stops nothing."""

    kind: PlanWarningKind
    message: str
    step_key: str | None = None
    # Adding these to the selection mends it.
    step_keys_to_add: tuple[str, ...] = ()


class RestOfMap(msgspec.Struct, frozen=True, kw_only=True):
    """A mapped step that a plan does not execute although it executes the generator of its elements."""

    step_name: str
    over: OutputRef
    # The mapping keys of its elements that are settled in the lineage; "?" where it is settled as a whole.
    settled_keys: frozenset[str]


class ReplacedSince(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where staleness begins and ends among the reused steps; with the graph and the executed steps it tells which are
    stale.
    """

    # Their own code or config has changed since they ran.
    code_or_config: tuple[str, ...] = ()
    # An input would not be loaded as it was.
    inputs: tuple[str, ...] = ()
    # Skipped steps that are bound to be skipped again, though something upstream is replaced.
    still_skipped: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What a launch will do. Equal plans have equal ids."""

    pipeline_name: str
    snapshot_id: str
    mode: str
    run_config: Mapping[str, Any]
    # Every step of the snapshot, in topological order.
    steps: tuple[PlannedStep, ...]
    # None for a first run, as the strategy.
    parent_run_id: str | None = None
    strategy: ReexecutionStrategy | None = None
    warnings: tuple[PlanWarning, ...] = ()
    # How long the reused steps of the scope took when they ran, in milliseconds.
    time_saved_ms: float = 0.0
    # From the steps' history along the longest path, where somebody has looked at it and all of it is known.
    estimated_duration_ms: float | None = None
    # Every step of the scope that this plan does not execute is settled in the lineage.
    rest_is_settled: bool = True
    # Besides, mapped steps of the scope whose elements are known once the plan's generators have run.
    rest_of_maps: tuple[RestOfMap, ...] = ()
    # Kept with a run, so that its reused steps can be told as stale as they were at its launch.
    replaced_since: ReplacedSince = ReplacedSince()

    @cached_property
    def executed(self) -> Mapping[str, PlannedStep]:
        """The steps to execute by step key, in topological order."""
        return {step.step_key: step for step in self.steps if step.action is Action.EXECUTE}

    @property
    def step_keys_to_execute(self) -> tuple[str, ...]:
        """Their keys, in topological order."""
        return tuple(self.executed)

    @cached_property
    def by_key(self) -> Mapping[str, PlannedStep]:
        """Every step by step key, in topological order."""
        return {step.step_key: step for step in self.steps}

    @cached_property
    def id(self) -> str:
        """Hash of what decides what runs on what: never of reasons, estimates, warnings or the selection's text."""
        decides = (
            self.parent_run_id,
            self.strategy,
            self.snapshot_id,
            self.mode,
            self.run_config,
            [
                (
                    key,
                    [
                        (
                            one.name,
                            [
                                (
                                    source.step_key,
                                    source.output_name,
                                    source.mapping_key,
                                    source.run_id,
                                    source.attempt,
                                    source.digest,
                                )
                                for source in one.sources
                            ],
                            one.absent,
                        )
                        for one in step.inputs
                    ],
                )
                for key, step in self.executed.items()
            ],
        )
        return hashlib.sha256(msgspec.json.encode(decides, order="deterministic")).hexdigest()[:32]
