"""`mem_io_manager`: outputs as they are, in the memory of the process that made them."""

from __future__ import annotations

import secrets
from typing import Any

from dalsegno.definitions.io_managers import InputContext, IOManager, OutputContext, io_manager
from dalsegno.errors import OutputUnavailableError
from dalsegno.output_storage import StoredOutput

SCHEME = "memory-of-process:"
_PROCESS = secrets.token_hex(8)
# Run id -> address -> value.
_held: dict[str, dict[str, Any]] = {}


class MemoryIOManager(IOManager):
    """Keeps values; a consumer is given the very object that the producer gave."""

    def handle_output(self, context: OutputContext, obj: Any) -> StoredOutput:
        """Keep the value until this process ends, or its run is forgotten."""
        parts = [_PROCESS, context.run_id, context.step_key, context.attempt_token, context.name]
        if context.mapping_key is not None:
            parts.append(context.mapping_key)
        uri = SCHEME + "/".join(parts)
        _held.setdefault(context.run_id, {})[uri] = obj
        return StoredOutput(uri=uri, digest=None, size_bytes=None)

    def load_input(self, context: InputContext) -> Any:
        """The value. Raises OutputUnavailableError in any other process than the one that made it."""
        upstream = context.upstream_output
        if upstream.uri is None or not memory_holds(upstream.uri):
            raise OutputUnavailableError(
                run_id=upstream.run_id,
                step_key=upstream.step_key,
                output_name=upstream.name,
                uri=upstream.uri,
                problem="mem_io_manager keeps outputs in the memory of one process, which is not this one",
            )
        return _held[upstream.run_id][upstream.uri]


def memory_holds(uri: str) -> bool:
    """The value at this address is in the memory of this process."""
    run_id = uri.removeprefix(SCHEME).split("/")[1:2]
    return bool(run_id) and uri in _held.get(run_id[0], {})


def forget_run(run_id: str) -> None:
    """Let go of all values of a run."""
    _held.pop(run_id, None)


@io_manager
def mem_io_manager() -> MemoryIOManager:
    """Keeps outputs in memory: for runs within one process, whose outputs nobody else needs."""
    return MemoryIOManager()
