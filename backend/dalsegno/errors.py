"""Every error raised on purpose: a class per situation, its fields, and a sentence that says what to do next."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import msgspec


@dataclass(eq=False, kw_only=True)
class DalsegnoError(Exception):
    """The base of every error that Dalsegno raises on purpose."""

    @property
    def message(self) -> str:
        """One sentence for people: what is wrong, and what to do."""
        return (self.__doc__ or type(self).__name__).strip().split("\n\n")[0]

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors cross process borders; Exception's own way would lose the keyword-only fields.
        return _rebuild, (type(self), {field.name: getattr(self, field.name) for field in fields(self)})


def _rebuild(kind: type[DalsegnoError], values: dict[str, Any]) -> DalsegnoError:
    return kind(**values)


@dataclass(eq=False, kw_only=True)
class InvalidDefinitionError(DalsegnoError):
    """A step, pipeline or resource is not defined rightly."""

    # Where, in the author's words: "pipeline 'training', step 'train', input 'rows'".
    place: str
    problem: str

    @property
    def message(self) -> str:
        return f"{self.place}: {self.problem}"


@dataclass(eq=False, kw_only=True)
class PipelineNotFoundError(DalsegnoError):
    """No pipeline has this name."""

    pipeline_name: str
    # Where it was looked for, and what is there.
    searched: str | None = None
    known: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        place = f" in {self.searched}" if self.searched else ""
        known = f" It defines {', '.join(map(repr, self.known))}." if self.known else " It defines no pipeline."
        return f"No pipeline is named {self.pipeline_name!r}{place}.{known if self.searched else ''}"


@dataclass(eq=False, kw_only=True)
class RunNotFoundError(DalsegnoError):
    """No run has this id."""

    run_id: str
    # Where only the beginning of an id was given: the runs that begin so.
    candidates: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        if self.candidates:
            return f"Several runs begin with {self.run_id!r}: {', '.join(self.candidates)}. Give more of the id."
        return (
            f"No run has the id {self.run_id!r} here; it may have been pruned. `dalsegno runs` lists those that exist."
        )


@dataclass(eq=False, kw_only=True)
class RunAlreadyFinishedError(DalsegnoError):
    """The run has ended; a finished run never changes."""

    run_id: str
    status: str

    @property
    def message(self) -> str:
        return f"Run {self.run_id} has already ended ({self.status}); a finished run never changes."


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


@dataclass(eq=False, kw_only=True)
class BulkNotFoundError(DalsegnoError):
    """No bulk has this id."""

    bulk_id: str

    @property
    def message(self) -> str:
        return f"No bulk has the id {self.bulk_id!r} here. Its id was answered when it was started."


@dataclass(eq=False, kw_only=True)
class InvalidTagError(DalsegnoError):
    """A tag that means something to Dalsegno itself has a value that can't be used."""

    key: str
    value: str
    problem: str

    @property
    def message(self) -> str:
        return f"The tag {self.key!r} is {self.value!r}; {self.problem}."


@dataclass(eq=False, kw_only=True)
class LeaseLostError(DalsegnoError):
    """This process no longer holds the run's lease, so it may not write to it."""

    run_id: str

    @property
    def message(self) -> str:
        return f"This process no longer holds run {self.run_id}: another one carries it on, or it has ended."


@dataclass(eq=False, kw_only=True)
class WorkerLostError(DalsegnoError):
    """The process that executed the run is gone."""

    run_id: str
    # Of a step that was lost with its worker as often as it is tried again.
    step_key: str | None = None

    @property
    def message(self) -> str:
        if self.step_key is not None:
            return (
                f"Step {self.step_key!r} of run {self.run_id} was lost with its worker each time that it was tried, "
                "so it is not tried again. See whether it is what brings workers down (memory?), then re-execute it."
            )
        return (
            f"The process that executed run {self.run_id} is gone, and its lease has expired. "
            "What had succeeded counts; re-execute it from failure."
        )


@dataclass(eq=False, kw_only=True)
class CodeChangedError(DalsegnoError):
    """No worker has the code that the run was planned on any more, and the code as it is now means another plan."""

    run_id: str
    # What differs, for people.
    difference: str

    @property
    def message(self) -> str:
        return (
            f"No worker has the code that run {self.run_id} was planned on any more, and with the code as it is now "
            f"the plan would be another: {self.difference}. Launch it again."
        )


@dataclass(eq=False, kw_only=True)
class StepProcessDiedError(DalsegnoError):
    """The process that executed an attempt died, and nothing else did."""

    # "signal 9 (SIGKILL)", or "exit code 3".
    how: str
    memory_limit: str | None = None  # of its attempt, for people: "2 GiB"

    @property
    def message(self) -> str:
        limit = f" (its memory limit was {self.memory_limit})" if self.memory_limit else ""
        return f"step process died: {self.how}{limit}"


@dataclass(eq=False, kw_only=True)
class MemoryLimitExceededError(DalsegnoError):
    """An attempt asked for more memory than its limit allows."""

    step_key: str
    limit: str  # for people: "2 GiB"

    @property
    def message(self) -> str:
        mend = "Give it more by the tag dalsegno/memory_limit, or let it work on less at a time."
        return f"Step {self.step_key!r} asked for more memory than its limit of {self.limit} allows. {mend}"


@dataclass(eq=False, kw_only=True)
class TimeLimitExceededError(DalsegnoError):
    """An attempt took longer than its limit allows, and was ended."""

    step_key: str
    limit_seconds: float

    @property
    def message(self) -> str:
        said = f"Step {self.step_key!r} had not ended within its time limit of {self.limit_seconds:g} s"
        return f"{said}; its traceback tells where it was. The tag dalsegno/time_limit gives it more."


@dataclass(eq=False, kw_only=True)
class CancelRequestedError(DalsegnoError):
    """The run is to be cancelled, so it can't end otherwise."""

    run_id: str

    @property
    def message(self) -> str:
        return f"Run {self.run_id} was asked to be cancelled before it ended; it can only end CANCELED."


@dataclass(eq=False, kw_only=True)
class StoreUnavailableError(DalsegnoError):
    """The database can't be read or written."""

    # The database as people name it, without a password.
    database: str
    problem: str
    # Waiting may be enough: its server is away, or another process has it locked.
    may_pass: bool = False

    @property
    def message(self) -> str:
        return (
            f"The database {self.database} can't be used: {self.problem}. Nothing was changed; mend that and try again."
        )


@dataclass(eq=False, kw_only=True)
class SchemaVersionError(DalsegnoError):
    """The database's schema is not the one that this version works with."""

    database: str
    found: str | None
    expected: str

    @property
    def message(self) -> str:
        return (
            f"The database {self.database} has schema {self.found or 'none of ours'}, this version works with "
            f"{self.expected}. Run `dalsegno migrate` with the newest version installed."
        )


@dataclass(eq=False, kw_only=True)
class OutputNotStoredError(DalsegnoError):
    """An output could not be stored, so its step has not succeeded."""

    step_key: str
    output_name: str
    uri: str | None
    problem: str

    @property
    def message(self) -> str:
        where = f" at {self.uri}" if self.uri else ""
        return f"Output {self.output_name!r} of step {self.step_key!r} could not be stored{where}: {self.problem}"


@dataclass(eq=False, kw_only=True)
class FilesNotDeletedError(DalsegnoError):
    """Stored files that are to go could not be deleted, or not even listed."""

    # The run whose files they are; None where the storage as a whole could not be looked at.
    run_id: str | None
    problem: str

    @property
    def message(self) -> str:
        what = "The storage can't be cleared" if self.run_id is None else f"Files of run {self.run_id} can't be deleted"
        return f"{what}: {self.problem}. Mend that and prune again; it goes on where it was."


@dataclass(eq=False, kw_only=True)
class OutputUnavailableError(DalsegnoError):
    """A recorded output is gone or damaged."""

    run_id: str
    step_key: str
    output_name: str
    uri: str | None
    problem: str

    @property
    def message(self) -> str:
        where = f" ({self.uri})" if self.uri else ""
        return (
            f"Output {self.output_name!r} of step {self.step_key!r} in run {self.run_id} can't be loaded: "
            f"{self.problem}{where}. Re-execute {self.step_key!r} to make it again."
        )


@dataclass(eq=False, kw_only=True)
class InvalidOutputError(DalsegnoError):
    """A step gave an output that it does not declare, gave one twice, or left out a required one."""

    step_key: str
    output_name: str
    problem: str

    @property
    def message(self) -> str:
        return f"Step {self.step_key!r}, output {self.output_name!r}: {self.problem}"


@dataclass(eq=False, kw_only=True)
class CodeLoadError(DalsegnoError):
    """A file or module with pipelines can't be imported."""

    source: str
    problem: str
    traceback: str | None = None

    @property
    def message(self) -> str:
        return f"{self.source} can't be loaded: {self.problem}"


@dataclass(eq=False, kw_only=True)
class InvalidSettingError(DalsegnoError):
    """A setting has a value that can't be used."""

    # The variable's name, e.g. DALSEGNO_EXECUTOR.
    name: str
    value: str
    problem: str

    @property
    def message(self) -> str:
        return f"{self.name}={self.value!r}: {self.problem}"


@dataclass(eq=False, kw_only=True)
class InvalidArgumentsError(DalsegnoError):
    """The command was given arguments that it can't work with."""

    problem: str

    @property
    def message(self) -> str:
        return self.problem


@dataclass(eq=False, kw_only=True)
class PermissionDeniedError(DalsegnoError):
    """The caller's token does not allow this."""

    # The caller's role.
    role: str
    # What was asked for, e.g. "launchRun".
    action: str

    @property
    def message(self) -> str:
        return f"A {self.role} may look but change nothing, so {self.action} is refused. Use an operator's token."


@dataclass(eq=False, kw_only=True)
class InvalidPageError(DalsegnoError):
    """A page of this size is not given."""

    asked: int
    at_most: int

    @property
    def message(self) -> str:
        return (
            f"A page has 1 to {self.at_most} entries here, not {self.asked}. "
            "Ask for the next page with `after` and the page's endCursor."
        )


@dataclass(eq=False, kw_only=True)
class InvalidCursorError(DalsegnoError):
    """A cursor is none that was given out here."""

    cursor: str

    @property
    def message(self) -> str:
        return f"{self.cursor!r} is no cursor of this list. Take the endCursor of a page of the same list, or none."


@dataclass(eq=False, kw_only=True)
class RunTimeoutError(DalsegnoError):
    """The run has not ended in the time that was waited for it."""

    run_id: str
    timeout_seconds: float
    status: str

    @property
    def message(self) -> str:
        return (
            f"Run {self.run_id} has not ended within {self.timeout_seconds:g} s; it is {self.status} and goes on. "
            "Wait longer, or cancel it."
        )


@dataclass(eq=False, kw_only=True)
class ServiceError(DalsegnoError):
    """The service could not be reached, or gave no answer that can be used."""

    url: str
    problem: str
    # Of the answer, where there was one.
    http_status: int | None = None
    # By which the service names its errors, e.g. "INVALID_PAGE".
    code: str | None = None

    @property
    def message(self) -> str:
        return f"The service at {self.url} did not do what was asked: {self.problem}"
