"""What the command line is given to work on: code, config, tags."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from dalsegno.definitions import PipelineDefinition
from dalsegno.definitions.repository import Repository, load_pipelines
from dalsegno.errors import InvalidArgumentsError
from dalsegno.runs.run import Run


@dataclass(frozen=True, kw_only=True)
class CodeSource:
    """Where pipelines are defined: a file, or a module."""

    file: Path | None = None
    module: str | None = None

    @staticmethod
    def given(file: Path | None, module: str | None) -> CodeSource | None:
        """What -f or -m names; None where neither is given."""
        if file is not None and module is not None:
            raise InvalidArgumentsError(problem="Give the code by -f or by -m, not by both.")
        return CodeSource(file=file, module=module) if file is not None or module is not None else None

    @staticmethod
    def recorded(run: Run) -> CodeSource:
        """Where the run had its code from."""
        where = run.code_location
        if where is None:
            raise InvalidArgumentsError(
                problem=f"Run {run.run_id} does not tell where its code is: give -f FILE or -m MODULE."
            )
        file = Path(where)
        if not file.is_absolute():
            return CodeSource(module=where)
        if not file.is_file():
            raise InvalidArgumentsError(
                problem=f"{where}, where the run had its code from, is gone: give -f FILE or -m MODULE."
            )
        return CodeSource(file=file)

    def load(self) -> Repository:
        """The pipelines that are defined there. Raises CodeLoadError."""
        return load_pipelines(file=self.file, module=self.module)


@dataclass(frozen=True)
class Launch:
    """How a re-execution is launched, whatever is re-executed."""

    # Its plan is shown, and nothing is started.
    dry_run: bool
    idempotency_key: str | None
    # Only if this is still the plan.
    plan_id: str | None


def chosen_pipeline(repository: Repository, name: str | None) -> PipelineDefinition:
    """The pipeline of that name; without one, the only pipeline. Raises PipelineNotFoundError."""
    if name is not None:
        return repository.pipeline(name)
    if len(repository.pipelines) == 1:
        return next(iter(repository.pipelines.values()))
    if not repository.pipelines:
        raise InvalidArgumentsError(problem=f"{repository.location} defines no pipeline.")
    raise InvalidArgumentsError(
        problem=f"Name one of the pipelines in {repository.location}: {', '.join(repository.pipelines)}."
    )


def read_config(path: Path | None) -> Mapping[str, Any] | None:
    """The run config in a YAML or JSON file; None where there is none."""
    if path is None:
        return None
    try:
        text = path.read_text("utf-8")
        document = json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise InvalidArgumentsError(problem=f"{path} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise InvalidArgumentsError(problem=f"{path} is not text in UTF-8.") from error
    except json.JSONDecodeError as error:
        raise InvalidArgumentsError(problem=f"{path} is not JSON: {error}.") from error
    except yaml.YAMLError as error:
        raise InvalidArgumentsError(problem=f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise InvalidArgumentsError(
            problem=f"{path} holds no mapping; a run config looks like steps: {{train: {{config: ...}}}}."
        )
    return document


def read_tags(texts: Sequence[str]) -> Mapping[str, str] | None:
    """`k=v` texts as a mapping; None where there are none, so that a re-execution inherits."""
    for text in texts:
        if not text.partition("=")[0] or "=" not in text:
            raise InvalidArgumentsError(problem=f"The tag {text!r} is not of the form name=value.")
    return dict(text.split("=", 1) for text in texts) if texts else None


_AGE = re.compile(r"([0-9]{1,6})(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def read_age(text: str | None) -> timedelta | None:
    """An age such as 30d. Raises InvalidArgumentsError."""
    if text is None:
        return None
    found = _AGE.fullmatch(text)
    if found is None:
        problem = (
            f"{text!r} is no age: give a whole number of minutes, hours, days or weeks, such as 90m, 12h, 30d, 8w."
        )
        raise InvalidArgumentsError(problem=problem)
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
