"""Errors that refuse a launch: nothing is stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from dalsegno.errors.base import DalsegnoError


@dataclass(eq=False, kw_only=True)
class ReexecutionNotAllowedError(DalsegnoError):
    """This way of re-executing does not apply to this run as it is."""

    strategy: str
    why: str

    @property
    def message(self) -> str:
        return self.why


@dataclass(eq=False, kw_only=True)
class InvalidSelectionError(DalsegnoError):
    """A clause that does not parse, or that picks no step.

    `start` and `end` count code points in the text numbered `text_index`, end exclusive.
    """

    problem: str
    clause: str
    text_index: int = 0
    start: int = 0
    end: int = 0
    # Close step names, or the joined form of a detached operator.
    suggestions: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        hint = f" Did you mean {' or '.join(map(repr, self.suggestions))}?" if self.suggestions else ""
        return f"{self.problem}{hint}"


class ConfigProblem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong in a run config."""

    # A JSON pointer into the run config, e.g. "/steps/train/config/rate"; empty for the whole.
    path: str
    message: str


@dataclass(eq=False, kw_only=True)
class InvalidRunConfigError(DalsegnoError):
    """The run config does not fit what the pipeline reads."""

    problems: tuple[ConfigProblem, ...]

    @property
    def message(self) -> str:
        lines = "; ".join(f"{problem.path or 'the document'}: {problem.message}" for problem in self.problems)
        return f"The run config does not fit the pipeline: {lines}."


@dataclass(eq=False, kw_only=True)
class InvalidTagError(DalsegnoError):
    """A tag that means something to Dalsegno itself has a value that can't be used."""

    key: str
    value: str
    problem: str

    @property
    def message(self) -> str:
        return f"The tag {self.key!r} is {self.value!r}; {self.problem}."


class MissingOutput(msgspec.Struct, frozen=True, kw_only=True):
    """An input of a step that would execute, and the output it would need, which is nowhere to be had."""

    step_key: str
    input_name: str
    upstream_step_key: str
    output_name: str
    # "never produced", "its file is gone", "its file is damaged", or that it must be given in the run config.
    why: str = "no run of the lineage has produced it"


@dataclass(eq=False, kw_only=True)
class MissingOutputsError(DalsegnoError):
    """A step would need an output that no run of the lineage has stored."""

    missing: tuple[MissingOutput, ...]
    # Adding these to the selection mends it.
    step_keys_to_add: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        needs = "; ".join(
            f"{one.step_key} needs {one.upstream_step_key}.{one.output_name} for its input "
            f"{one.input_name!r}: {one.why}"
            for one in self.missing
        )
        mend = f" Add {', '.join(self.step_keys_to_add)} to the selection." if self.step_keys_to_add else ""
        return f"{needs}.{mend}"


@dataclass(eq=False, kw_only=True)
class StalePlanError(DalsegnoError):
    """The plan would now differ from the one previewed."""

    plan_id: str
    # The plan as it would be now; its id launches it.
    plan: Any

    @property
    def message(self) -> str:
        return (
            f"The plan {self.plan_id} is no longer what would run; nothing was started. "
            f"Look at the new plan and launch it by its id, {self.plan.id}."
        )


@dataclass(eq=False, kw_only=True)
class IdempotencyConflictError(DalsegnoError):
    """The idempotency key was used before, with other arguments."""

    idempotency_key: str
    # Launched first; None where the key was a bulk's.
    run_id: str | None

    @property
    def message(self) -> str:
        what = "started a bulk" if self.run_id is None else f"launched run {self.run_id}"
        return (
            f"The idempotency key {self.idempotency_key!r} already {what} with other arguments. "
            "Use a new key for a new launch."
        )


@dataclass(eq=False, kw_only=True)
class BulkCountChangedError(DalsegnoError):
    """A bulk was to start on another number of runs than match now."""

    expected_count: int
    actual_count: int

    @property
    def message(self) -> str:
        match = "run matches" if self.actual_count == 1 else "runs match"
        return (
            f"{self.actual_count:,} {match} now, not {self.expected_count:,}, so nothing was started. "
            "Look again at what matches, and start the bulk with that count."
        )
