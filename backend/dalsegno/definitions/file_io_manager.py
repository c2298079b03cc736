"""`fs_io_manager`: outputs as pickles at a path or at any fsspec URL."""

from __future__ import annotations

from typing import Any

import msgspec

from dalsegno.definitions.context import InitResourceContext
from dalsegno.definitions.io_managers import InputContext, IOManager, OutputContext, io_manager
from dalsegno.definitions.pickling import WAYS, unpickled
from dalsegno.errors import OutputNotStoredError, OutputUnavailableError
from dalsegno.output_storage import DAMAGED, GONE, DamagedBytesError, OutputStorage, StoredOutput


class FileIOManager(IOManager):
    """Stores each output as one file of its attempt, and checks its digest on loading."""

    def __init__(self, storage: OutputStorage | None = None) -> None:
        # None: the instance's.
        self._storage = storage

    def handle_output(self, context: OutputContext, obj: Any) -> StoredOutput:
        """Pickle the value. Raises OutputNotStoredError."""
        storage = self._where(context)
        parts = (context.run_id, context.step_key, context.attempt_token, context.name, context.mapping_key)
        uri = storage.location(*parts)
        refusals: list[Exception] = []
        for pickled in WAYS:
            try:
                # Wherever it is: as durable as the instance's outputs.
                writer = (context.storage or storage).write(uri)
                with writer as file:
                    pickled(obj, file)
                return writer.stored
            except OSError as error:
                raise self._not_stored(context, uri, error.strerror or str(error)) from error
            except MemoryError:
                raise
            except Exception as error:  # noqa: BLE001 - what an author's __reduce__ raises may be anything
                refusals.append(error)
        problem = (
            f"a {type(obj).__name__} can't be pickled ({refusals[0]}); "
            "give what it is made from, or declare Out(io_manager_key=...) with an IO manager that can store it"
        )
        raise self._not_stored(context, uri, problem) from refusals[0]

    def load_input(self, context: InputContext) -> Any:
        """The value again. Raises OutputUnavailableError."""
        upstream = context.upstream_output
        if upstream.uri is None:
            raise _unavailable(context, "its record does not say where it is stored")
        storage = self._where(context)
        try:
            content = storage.read(upstream.uri, digest=upstream.digest)
        except FileNotFoundError as error:
            raise _unavailable(context, GONE) from error
        except DamagedBytesError as error:
            raise _unavailable(context, DAMAGED) from error
        except (OSError, ValueError) as error:
            raise _unavailable(context, f"its file can't be read: {error}") from error
        try:
            return unpickled(content)
        except Exception as error:
            problem = f"its pickle does not load with the code as it is now: {type(error).__name__}: {error}"
            raise _unavailable(context, problem) from error

    def _where(self, context: OutputContext | InputContext) -> OutputStorage:
        storage = self._storage or context.storage
        if storage is None:
            raise ValueError("fs_io_manager has nowhere to store: give the context a storage, or configure base_dir")
        return storage

    def _not_stored(self, context: OutputContext, uri: str, problem: str) -> OutputNotStoredError:
        return OutputNotStoredError(step_key=context.step_key, output_name=context.name, uri=uri, problem=problem)


def _unavailable(context: InputContext, problem: str) -> OutputUnavailableError:
    upstream = context.upstream_output
    return OutputUnavailableError(
        run_id=upstream.run_id,
        step_key=upstream.step_key,
        output_name=upstream.name,
        uri=upstream.uri,
        problem=problem,
    )


class FileIOManagerConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where outputs are stored."""

    # A path or an fsspec URL; left out: where the instance stores outputs. Not None, so that no config has to spell it.
    base_dir: str | msgspec.UnsetType = msgspec.UNSET


@io_manager(config=FileIOManagerConfig)
def fs_io_manager(context: InitResourceContext) -> FileIOManager:
    """Pickles outputs to files where the instance stores them, or below `base_dir`."""
    base_dir = context.config.base_dir
    return FileIOManager(None if base_dir is msgspec.UNSET else OutputStorage(base_dir))
