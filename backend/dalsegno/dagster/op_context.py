"""What functions of Dagster code are given: the context of a step, and of a resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from dalsegno.definitions import InitResourceContext, StepContext
from dalsegno.snapshot.step_keys import mapping_key_of, step_name

_ABSENT = "is not carried over from Dagster; docs/coming-from-dagster.md lists what a context has"


class RunOfContext(msgspec.Struct, frozen=True):
    """The run that a step is executed in."""

    run_id: str
    pipeline_name: str
    tags: Mapping[str, str]
    # The run that it re-executes, and the first one of its group; None for a first run.
    parent_run_id: str | None
    root_run_id: str | None

    @property
    def job_name(self) -> str:
        """The newer word for `pipeline_name`."""
        return self.pipeline_name


class Placed(msgspec.Struct, frozen=True):
    """The step in its place."""

    # Its alias where it has one; without the graphs that it is in.
    name: str


class OpContext(StepContext):
    """A step's context with the names of Dagster's, of both eras."""

    @property
    def op_config(self) -> Any:
        """The step's config as plain values; None where none was given and none is declared."""
        return self.config

    solid_config = op_config

    @property
    def op(self) -> Placed:
        """The step in its place."""
        return Placed(step_name(self.step_key).rpartition(".")[2])

    solid = op

    @property
    def retry_number(self) -> int:
        """How often it was tried before in this run."""
        return self.attempt - 1

    @property
    def job_name(self) -> str:
        """The name of the pipeline."""
        return self.pipeline_name

    @property
    def run(self) -> RunOfContext:
        """The run that it is executed in."""
        return RunOfContext(
            run_id=self.run_id,
            pipeline_name=self.pipeline_name,
            tags=self.tags,
            parent_run_id=self.parent_run_id,
            root_run_id=self.root_run_id if self.is_reexecution else None,
        )

    pipeline_run = dagster_run = run

    @property
    def run_tags(self) -> Mapping[str, str]:
        """Of the run and its pipeline."""
        return self.tags

    def has_tag(self, key: str) -> bool:
        """The run has a tag of this name."""
        return key in self.tags

    def get_tag(self, key: str) -> str | None:
        """The value of a tag of the run; None where it has none of this name."""
        return self.tags.get(key)

    def get_mapping_key(self) -> str | None:
        """Of the element that a mapped step is executed for."""
        return mapping_key_of(self.step_key)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"context.{name} {_ABSENT}")


class ResourceContext(InitResourceContext):
    """A resource's context with the names of Dagster's."""

    def __init__(self, given: InitResourceContext) -> None:
        self.config = given.config
        self.log = given.log
        self.resources = given.resources
        self.run_id = given.run_id

    @property
    def resource_config(self) -> Any:
        """The resource's config as plain values; None where none was given and none is declared."""
        return self.config

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise AttributeError(f"init_context.{name} {_ABSENT}")
