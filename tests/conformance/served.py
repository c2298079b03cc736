"""Scripted pipelines as a worker loads them: what has happened lies in files, because bodies run in many processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from dalsegno.client import Client
from dalsegno.definitions import PipelineDefinition
from tests.conformance.dynamic_pipelines import build_dynamic_pipeline
from tests.conformance.pipelines import Received, Value, build_pipeline

# In a worker's environment: where scripts are kept, and the service that its steps call.
FOLDER, URL, TOKEN = "CONFORMANCE_FOLDER", "CONFORMANCE_URL", "CONFORMANCE_TOKEN"

# The whole of the file that workers load; what is to follow are the pipelines' descriptions.
FILE = "from tests.conformance.served import served_pipelines\n\nglobals().update(served_pipelines({described!r}))\n"


class Entry(msgspec.Struct, frozen=True):
    """A body was entered."""

    run_id: str
    # By input: the refs, of a collect by mapping key, with the runs that made the values.
    given: dict[str, Any]


_ENTRIES = msgspec.json.Decoder(Entry)


class FileScript:
    """A script that is kept in a folder, one file a step; it cancels over HTTP, as anybody does."""

    def __init__(self, pipeline_name: str, root: Path) -> None:
        self._pipeline_name = pipeline_name
        self._folder = root / pipeline_name
        self._cancels_next_start = self._folder / "cancels-next-start"

    def enter(
        self, run_id: str, step_key: str, given: Iterable[Value] | Mapping[str, Any], behaviour: list[Any]
    ) -> Any:
        self._folder.mkdir(exist_ok=True)
        path = self._folder / f"{step_key}.jsonl"
        line = msgspec.json.encode(Entry(run_id, dict(given))) + b"\n"
        # One write appends the whole line, whoever else may write.
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(descriptor, line)
        finally:
            os.close(descriptor)
        entered = len(path.read_bytes().splitlines())
        return behaviour[min(entered, len(behaviour)) - 1]

    def cancel_next_start(self) -> None:
        """From the test's process: the next run of this pipeline is to be cancelled as it starts."""
        self._folder.mkdir(exist_ok=True)
        self._cancels_next_start.touch()

    def start(self) -> None:
        if self._cancels_next_start.exists():
            self._cancels_next_start.unlink()
            with self._client() as client:
                (newest,) = client.runs(pipeline_name=self._pipeline_name, limit=1)
            self.cancel(newest.id)

    def cancel(self, run_id: str) -> None:
        with self._client() as client:
            client.cancel_run(run_id)
        # Until the worker interrupts it; in short waits: a signal that comes just before a wait does not end it.
        while True:
            time.sleep(0.01)

    def received(self) -> Received:
        """What was written so far."""
        return {
            (entry.run_id, path.stem): entry.given
            for path in self._folder.glob("*.jsonl")
            for entry in _ENTRIES.decode_lines(path.read_bytes())
        }

    def _client(self) -> Client:
        return Client(os.environ[URL], os.environ[TOKEN])


def served_pipelines(described: Mapping[str, Mapping[str, Any]]) -> dict[str, PipelineDefinition]:
    """The pipelines of these steps, by name; `generation` makes two of the same steps different code."""
    root = Path(os.environ[FOLDER])
    return {
        name: _build(one["steps"])(one["steps"], FileScript(name, root), name, {"generation": str(one["generation"])})
        for name, one in described.items()
    }


def _build(steps: Mapping[str, Any]) -> Callable[..., PipelineDefinition]:
    is_dynamic = any(described.get("dynamic") for described in steps.values())
    return build_dynamic_pipeline if is_dynamic else build_pipeline
