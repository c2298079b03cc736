"""Expected errors as members of the results' unions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import strawberry

from dalsegno import errors as raised
from dalsegno.api.fields import shown, shown_interface
from dalsegno.runs.status import ReexecutionStrategy

_MESSAGE = "One sentence for people: what is wrong, and what to do."


@shown_interface
class Error:
    """What every expected error has."""

    message: str = strawberry.field(description=_MESSAGE)


@shown
class RunNotFoundError(Error):
    """No run has this id."""

    run_id: strawberry.ID


@shown
class PipelineNotFoundError(Error):
    """No worker has published a pipeline of this name."""

    pipeline_name: str


@shown
class ReexecutionNotAllowedError(Error):
    """This way of re-executing does not apply to this run as it is."""

    strategy: ReexecutionStrategy


@shown
class InvalidSelectionError(Error):
    """A clause that does not parse, or that picks no step."""

    clause: str
    text_index: int = strawberry.field(
        description="Which text of the list, and where in it: code points, end exclusive."
    )
    start: int
    end: int
    suggestions: list[str] = strawberry.field(
        description="Close step names, or the joined form of a detached operator."
    )


@shown
class MissingOutput:
    """An input, and the output that it would need."""

    step_key: str
    input_name: str
    upstream_step_key: str
    output_name: str
    why: str = strawberry.field(description="Why it is not to be had: never produced, its file gone or damaged.")


@shown
class MissingOutputsError(Error):
    """A step would need an output that no run of the group has stored."""

    missing: list[MissingOutput]
    step_keys_to_add: list[str] = strawberry.field(description="Adding these to the selection mends it.")


@shown
class ConfigProblem:
    """One thing wrong in a run config."""

    path: str = strawberry.field(description="JSON pointer.")
    message: str


@shown
class InvalidRunConfigError(Error):
    """The run config does not fit what the pipeline reads."""

    problems: list[ConfigProblem]


@shown
class PermissionDeniedError(Error):
    """The caller's token does not allow this."""


class Handler:
    """Turns one kind of raised error into the union member that tells it."""

    def __init__(
        self,
        exception_type: type[raised.DalsegnoError],
        error_type: type[Error],
        convert: Callable[[Any, strawberry.Info[Any, Any]], Error | Awaitable[Error | None]],
    ) -> None:
        self.exception_type = exception_type
        self.error_type = error_type
        self._convert = convert

    def handle(self, exception: Any, *, field: object, info: Any) -> Any:
        """The union member."""
        return self._convert(exception, info)


def _run_not_found(error: raised.RunNotFoundError, _info: object) -> RunNotFoundError:
    return RunNotFoundError(message=error.message, run_id=strawberry.ID(error.run_id))


def _pipeline_not_found(error: raised.PipelineNotFoundError, _info: object) -> PipelineNotFoundError:
    return PipelineNotFoundError(message=error.message, pipeline_name=error.pipeline_name)


def _not_allowed(error: raised.ReexecutionNotAllowedError, _info: object) -> ReexecutionNotAllowedError:
    return ReexecutionNotAllowedError(message=error.message, strategy=ReexecutionStrategy(error.strategy))


def _invalid_selection(error: raised.InvalidSelectionError, _info: object) -> InvalidSelectionError:
    return InvalidSelectionError(
        message=error.message,
        clause=error.clause,
        text_index=error.text_index,
        start=error.start,
        end=error.end,
        suggestions=list(error.suggestions),
    )


def _missing_outputs(error: raised.MissingOutputsError, _info: object) -> MissingOutputsError:
    return MissingOutputsError(
        message=error.message,
        missing=[
            MissingOutput(
                step_key=one.step_key,
                input_name=one.input_name,
                upstream_step_key=one.upstream_step_key,
                output_name=one.output_name,
                why=one.why,
            )
            for one in error.missing
        ],
        step_keys_to_add=list(error.step_keys_to_add),
    )


def _invalid_run_config(error: raised.InvalidRunConfigError, _info: object) -> InvalidRunConfigError:
    problems = [ConfigProblem(path=one.path, message=one.message) for one in error.problems]
    return InvalidRunConfigError(message=error.message, problems=problems)


def _permission_denied(error: raised.PermissionDeniedError, _info: object) -> PermissionDeniedError:
    return PermissionDeniedError(message=error.message)


HANDLERS = (
    Handler(raised.RunNotFoundError, RunNotFoundError, _run_not_found),
    Handler(raised.PipelineNotFoundError, PipelineNotFoundError, _pipeline_not_found),
    Handler(raised.ReexecutionNotAllowedError, ReexecutionNotAllowedError, _not_allowed),
    Handler(raised.InvalidSelectionError, InvalidSelectionError, _invalid_selection),
    Handler(raised.MissingOutputsError, MissingOutputsError, _missing_outputs),
    Handler(raised.InvalidRunConfigError, InvalidRunConfigError, _invalid_run_config),
    Handler(raised.PermissionDeniedError, PermissionDeniedError, _permission_denied),
)
