"""What Dagster takes and Dalsegno does not: refused by name, with what to do instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from dalsegno.errors import InvalidDefinitionError
from dalsegno.snapshot.close_names import known_names

_ASSETS = "Dalsegno has steps and runs, no assets"
_TAGS = "say it with tags or the description"
_PARTITIONS = "give what differs from run to run as config or tags"
_SHAPE = "a graph takes its function's parameters and gives what its function returns"
_EXECUTORS = "where steps execute is a worker's setting (DALSEGNO_EXECUTOR)"
_LOGGERS = "messages of context.log are kept with the run, and shown with it"
_HOOKS = "a client can wait for a run, or follow its events"
_OUTPUT_CONFIG = "an IO manager has one config, config_schema; what concerns one output stands in Out(metadata=...)"

# Arguments of Dagster's, of either era, by name.
INSTEAD: Mapping[str, str] = {
    "asset_check_selection": _ASSETS,
    "asset_key": _ASSETS,
    "asset_layer": _ASSETS,
    "asset_partitions": _ASSETS,
    "asset_partitions_def": _ASSETS,
    "asset_selection": _ASSETS,
    "automation_condition": _ASSETS,
    "config_fn": "give the config of each step",
    "data_version": "an output's digest, and its step's code version, tell whether it has changed",
    "executor_def": _EXECUTORS,
    "executor_defs": _EXECUTORS,
    "hook_defs": _HOOKS,
    "hooks": _HOOKS,
    "input_config_schema": _OUTPUT_CONFIG,
    "input_manager_key": "an input is loaded by what stored it; load other things in a step of their own",
    "input_values": "give inputs in the run config, {'ops': {step: {'inputs': {name: value}}}}",
    "is_secret": "mark nothing secret: give the name of an environment variable, and read that in the resource",
    "logger_defs": _LOGGERS,
    "metadata_entries": "write metadata={...}",
    "owners": _TAGS,
    "output_config_schema": _OUTPUT_CONFIG,
    "partition_key": _PARTITIONS,
    "partitions_def": _PARTITIONS,
    "pool": "how many steps execute at once is a worker's setting",
    "preload": "an ephemeral instance begins empty",
    "preset": "give its run_config, mode and tags",
    "preset_defs": "keep run configs as dicts or files, and give one to the run",
    "root_manager_key": "load what no step makes in a step of its own",
    "run_id": "a run gets its id when it is launched; give tags to find it by",
    "settings": "Instance settings are read from DALSEGNO_* variables or dalsegno.toml",
    "version_strategy": "give a step its code_version, or leave it to be derived from the code",
}


def refuse_arguments(given: Mapping[str, Any], *, place: str, known: Iterable[str] = ()) -> None:
    """InvalidDefinitionError for the first of these arguments that says anything."""
    for name, value in given.items():
        if name not in INSTEAD:
            problem = f"it takes no argument {name!r}.{known_names(name, known)}"
            raise InvalidDefinitionError(place=place, problem=problem)
        # Dagster's own default for each of them.
        if value is not None:
            refuse_argument(name, INSTEAD[name], place=place)


def refuse_argument(name: str, instead: str, *, place: str) -> NoReturn:
    """InvalidDefinitionError for an argument that Dagster takes here."""
    problem = f"the argument {name!r} is not carried over from Dagster: {instead}"
    raise InvalidDefinitionError(place=place, problem=problem)
