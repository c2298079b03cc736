"""Modes of Dagster code: the sets of resources that a pipeline can run with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dalsegno import definitions
from dalsegno.dagster.io_managers import as_resource, fs_io_manager
from dalsegno.dagster.refusals import refuse_arguments
from dalsegno.definitions.inputs_outputs import IO_MANAGER
from dalsegno.definitions.modes import DEFAULT_MODE


class ModeDefinition(definitions.ModeDefinition):
    """A set of resources by key, that a pipeline can run with."""

    def __init__(
        self,
        name: str | None = None,
        resource_defs: Mapping[str, Any] | None = None,
        description: str | None = None,
        **others: Any,
    ) -> None:
        name = DEFAULT_MODE if name is None else name
        refuse_arguments(others, place=f"mode {name!r}", known=("name", "resource_defs", "description"))
        carried: Any = {IO_MANAGER: fs_io_manager} if resource_defs is None else resource_defs
        if isinstance(resource_defs, Mapping):
            given = {key: as_resource(value) for key, value in resource_defs.items()}
            carried = {IO_MANAGER: fs_io_manager, **given}
        super().__init__(name, carried, description)
