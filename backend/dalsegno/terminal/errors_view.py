"""Errors as people read them on standard error: what is wrong, where in their text, what to do."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from dalsegno.errors import (
    CodeLoadError,
    DalsegnoError,
    InvalidRunConfigError,
    InvalidSelectionError,
    MissingOutputsError,
)


def print_error(console: Console, error: DalsegnoError, selection: tuple[str, ...] = ()) -> None:
    """Print the error; `selection` is what was asked for, so that the offending part can be pointed at."""
    console.print(Text("Error: ", style="bold red").append(Text(_headline(error), style="default")))
    for line in _details(error, selection):
        console.print(Text(f"  {line}"))


def _headline(error: DalsegnoError) -> str:
    match error:
        case MissingOutputsError():
            return "steps to execute need outputs that no run of the group has, so nothing was started."
        case InvalidRunConfigError():
            return "the run config does not fit the pipeline, so nothing was started."
        case _:
            return error.message


def _details(error: DalsegnoError, selection: tuple[str, ...]) -> Iterator[str]:
    match error:
        case MissingOutputsError():
            for one in error.missing:
                output = f"{one.upstream_step_key}.{one.output_name}"
                yield f"{one.step_key} needs {output} for its input {one.input_name!r}: {one.why}"
            if error.step_keys_to_add:
                yield f"Add to the selection: {', '.join(error.step_keys_to_add)}"
        case InvalidRunConfigError():
            for problem in error.problems:
                yield f"{problem.path or 'the document'}: {problem.message}"
        case InvalidSelectionError() if 0 <= error.text_index < len(selection):
            text = selection[error.text_index]
            if "\n" not in text:
                yield text
                yield " " * error.start + "^" * max(1, error.end - error.start)
        case CodeLoadError() if error.traceback:
            # The author's own code failed: where, is what they need.
            yield from error.traceback.rstrip().splitlines()
        case _:
            return
