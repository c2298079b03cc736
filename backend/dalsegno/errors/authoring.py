"""Errors in the code that an author wrote."""

from __future__ import annotations

from dataclasses import dataclass

from dalsegno.errors.base import DalsegnoError


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
class CodeLoadError(DalsegnoError):
    """A file or module with pipelines can't be imported."""

    source: str
    problem: str
    traceback: str | None = None

    @property
    def message(self) -> str:
        return f"{self.source} can't be loaded: {self.problem}"


@dataclass(eq=False, kw_only=True)
class InvalidOutputError(DalsegnoError):
    """A step gave an output that it does not declare, gave one twice, or left out a required one."""

    step_key: str
    output_name: str
    problem: str

    @property
    def message(self) -> str:
        return f"Step {self.step_key!r}, output {self.output_name!r}: {self.problem}"
